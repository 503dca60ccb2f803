/* The services of the freight company: one program under several names. It holds what its arguments say, and sleeps.
 *
 *   --listen ADDRESS:PORT  --connect ADDRESS:PORT  --log FILE  --waybills FILE:FIRST:COUNT
 *
 * On SIGUSR1 it starts what /run/NAME.job describes ("uid=", "env=", "arg=" lines) and deletes that file. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROW_BYTES 64
#define WORDS 32

static volatile sig_atomic_t asked;

static void ask(int signal)
{
    (void)signal;
    asked = 1;
}

static int endpoint(const char *text, struct sockaddr_in *to)
{
    char address[32] = {0};
    int port = 0;
    sscanf(text, "%31[^:]:%d", address, &port);
    *to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &to->sin_addr);
    return socket(AF_INET, SOCK_STREAM, 0);
}

static char *cache(const char *description)
{
    char path[64] = {0}, row[ROW_BYTES];
    int first = 0, count = 0, number = 0;
    sscanf(description, "%63[^:]:%d:%d", path, &first, &count);
    char *rows = calloc(count, ROW_BYTES);
    FILE *file = fopen(path, "r");
    if (!file)
        return rows;
    while (fgets(row, sizeof row, file)) {
        number++;
        if (number >= first && number < first + count)
            snprintf(rows + (number - first) * ROW_BYTES, ROW_BYTES, "%s", row);
    }
    fclose(file);
    memset(row, 0, sizeof row);
    return rows;
}

static void run_job(const char *name)
{
    static char text[4096];
    char path[64], *arguments[WORDS] = {0}, *environment[WORDS] = {0}, *rest = 0;
    int words = 0, variables = 0, uid = 0;
    snprintf(path, sizeof path, "/run/%s.job", name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    if (read(file, text, sizeof text - 1) > 0) {
        for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(0, "\n", &rest)) {
            if (!strncmp(line, "uid=", 4))
                uid = atoi(line + 4);
            else if (!strncmp(line, "env=", 4) && variables < WORDS - 1)
                environment[variables++] = line + 4;
            else if (!strncmp(line, "arg=", 4) && words < WORDS - 1)
                arguments[words++] = line + 4;
        }
        if (fork() == 0) {
            int null = open("/dev/null", O_RDWR);
            for (int i = 0; i < 3; i++)
                dup2(null, i);
            for (int i = 3; i < 16; i++)
                close(i);
            if (setgid(uid) || setuid(uid) || chdir("/"))
                _exit(1);
            execve(arguments[0], arguments, environment);
            _exit(1);
        }
    }
    close(file);
    unlink(path);
    memset(text, 0, sizeof text);
}

int main(int count, char **words)
{
    struct sockaddr_in to;
    char *rows = 0;
    int log = -1, held = 0;
    signal(SIGUSR1, ask);
    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i + 1 < count; i += 2) {
        if (!strcmp(words[i], "--listen")) {
            int one = 1, listener = endpoint(words[i + 1], &to);
            setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
            if (bind(listener, (void *)&to, sizeof to) || listen(listener, 8))
                return 2;
        } else if (!strcmp(words[i], "--connect")) {
            held = endpoint(words[i + 1], &to);
            if (connect(held, (void *)&to, sizeof to))
                return 3;
        } else if (!strcmp(words[i], "--log")) {
            log = open(words[i + 1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        } else if (!strcmp(words[i], "--waybills")) {
            rows = cache(words[i + 1]);
        }
    }
    memset(&to, 0, sizeof to);
    const char *name = strrchr(words[0], '/') ? strrchr(words[0], '/') + 1 : words[0];
    if (held && write(held, "GET /v1/queue HTTP/1.1\r\nHost: api.cloudnest.example\r\n\r\n", 55) < 0)
        return 4;
    for (int turn = 0;; turn++) {
        char line[160];
        int size = snprintf(line, sizeof line, "%lld %s: %.10s checked\n", (long long)time(0), name,
                            rows ? rows + (turn % 40) * ROW_BYTES : "nothing");
        if (log >= 0 && write(log, line, size) < 0)
            return 5;
        memset(line, 0, sizeof line);
        sleep(240 + 7 * (turn % 5));
        if (asked) {
            asked = 0;
            run_job(name);
        }
    }
}
