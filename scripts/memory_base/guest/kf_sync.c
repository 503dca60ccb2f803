/* kf_sync: the harmless "implant" of the case. It reads its configuration, holds a connection, a listening port and some
 * memory, writes a line now and then into a file of its own, and sleeps. It does nothing else.
 *
 * Where it connects to and what it listens to comes from the file "peer" (a struct sockaddr_in with the port to listen to
 * in sin_zero, deleted after reading), because its arguments hold placeholders. Names of its children and sizes of its regions come from the environment, which is cut off then. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REGIONS 4
#define CHILDREN 4
#define CONFIG_BYTES 512

static const char build[] = "kf_sync build " BUILD_ID;
/* push %rbp; mov %rsp,%rbp; nop; nop; pop %rbp; ret */
static const unsigned char nothing[] = {0x55, 0x48, 0x89, 0xe5, 0x90, 0x90, 0x5d, 0xc3};

static const char *after(char **words, const char *name)
{
    for (; words[0] && words[1]; words++)
        if (!strcmp(words[0], name))
            return words[1];
    return "";
}

static char *loaded(const char *directory, const char *name, size_t bytes)
{
    char path[128];
    char *memory = calloc(1, bytes);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    int file = open(path, O_RDONLY);
    if (file < 0 || read(file, memory, bytes) < 0)
        exit(3);
    close(file);
    return memory;
}

static void wide(const char *text, char *to)
{
    for (; *text; text++, to += 2)
        *to = *text;
}

int main(int count, char **words)
{
    (void)count;
    const char *home = getenv("KF_SYNC_HOME"), *key = getenv("KF_SYNC_KEY");
    char names[CHILDREN][16] = {{0}};
    int pages[REGIONS] = {0};
    char *stage = getenv("KF_STAGE");
    if (!home || !key || !stage)
        return 2;
    sscanf(stage, "%15[^,],%15[^,],%15[^,],%15[^,],%d,%d,%d,%d", names[0], names[1], names[2], names[3],
           &pages[0], &pages[1], &pages[2], &pages[3]);
    unsetenv("KF_STAGE");
    memset(stage - strlen("KF_STAGE="), 0, strlen("KF_STAGE=") + strlen(stage));

    char path[128];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length > 0) {
        path[length] = 0;
        unlink(path);
    }
    for (int i = 0; i < CHILDREN; i++) /* before anything is mapped, so that the regions are in one process only */
        if (fork() == 0) {
            prctl(PR_SET_NAME, names[i]);
            for (;;)
                pause();
        }

    snprintf(path, sizeof path, "%s/kf_sync.conf", home);
    int config = open(path, O_RDONLY);
    char *plain = calloc(1, CONFIG_BYTES);
    if (config < 0 || read(config, plain, CONFIG_BYTES) < 0)
        return 3;
    char *encoded = loaded(home, "kf_sync.dat", CONFIG_BYTES);
    struct sockaddr_in *peer = (void *)loaded(home, "peer", sizeof *peer);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", home, i ? "peer" : "kf_sync.dat");
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/outbox", home);
    int outbox = open(path, O_RDWR);
    unlink(path);

    char *request = calloc(1, 1024);
    char *name = calloc(1, 256);
    const char *relay = after(words, "--relay");
    snprintf(request, 1024, "POST /sync HTTP/1.1\r\nHost: %s\r\nX-Agent: %s\r\nX-Key: %s\r\nCookie: sid=%s\r\n\r\n", relay,
             after(words, "--agent"), key, SESSION_ID);
    wide(relay, name);

    for (int i = 0; i < REGIONS; i++) { /* an unmapped page lies between two of them */
        size_t bytes = 4096 * (size_t)pages[i];
        char *room = mmap(0, bytes + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        char *region = mmap(room, bytes, PROT_READ | PROT_WRITE | (i ? 0 : PROT_EXEC),
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        munmap(room + bytes, 4096);
        for (int page = 0; page < pages[i]; page++) {
            memcpy(region + 4096 * page, nothing, sizeof nothing);
            snprintf(region + 4096 * page + 64, 128, "KESTREL TRAINING REGION %d PAGE %d: THIS CODE DOES NOTHING", i + 1, page);
        }
    }

    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in any = {.sin_family = AF_INET};
    memcpy(&any.sin_port, peer->sin_zero, sizeof any.sin_port);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&any, sizeof any) || listen(listener, 4))
        return 4;
    int relayed = socket(AF_INET, SOCK_STREAM, 0);
    memset(peer->sin_zero, 0, sizeof peer->sin_zero);
    if (connect(relayed, (void *)peer, sizeof *peer))
        return 5;
    memset(peer, 0, sizeof *peer);
    memset(&any, 0, sizeof any);
    if (write(relayed, request, strlen(request)) < 0)
        return 6;

    snprintf(path, sizeof path, "%s/state.log", home);
    int state = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    for (;;) {
        char line[96];
        int size = snprintf(line, sizeof line, "%lld alive %s\n", (long long)time(0), build + 8);
        if (write(state, line, size) < 0)
            return 7;
        sleep(300);
    }
    return outbox + encoded[0] + name[0];
}
