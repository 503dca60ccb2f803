/* login USER UID TTY: a session as login(1) leaves it: a record in /run/utmp, a shell on the terminal, and a parent that
 * waits for it. Nobody is asked for a password. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmpx.h>

int main(int count, char **words)
{
    if (count != 4)
        return 2;
    const char *user = words[1], *tty = words[3];
    int uid = atoi(words[2]);
    char path[32], home[64], variable[4][80];
    struct timeval now;
    struct utmpx record = {.ut_type = USER_PROCESS};

    setsid();
    snprintf(path, sizeof path, "/dev/%s", tty);
    int terminal = open(path, O_RDWR);
    if (terminal < 0 || ioctl(terminal, TIOCSCTTY, 1))
        return 3;
    for (int i = 0; i < 3; i++)
        dup2(terminal, i);
    if (terminal > 2)
        close(terminal);

    gettimeofday(&now, 0);
    record.ut_pid = getpid();
    record.ut_tv.tv_sec = now.tv_sec;
    record.ut_tv.tv_usec = now.tv_usec;
    strncpy(record.ut_user, user, sizeof record.ut_user - 1);
    strncpy(record.ut_line, tty, sizeof record.ut_line - 1);
    strncpy(record.ut_id, tty + strlen(tty) - 1, sizeof record.ut_id - 1);
    setutxent();
    pututxline(&record);
    endutxent();

    pid_t shell = fork();
    if (shell == 0) {
        snprintf(home, sizeof home, "/home/%s", user);
        snprintf(variable[0], 80, "HOME=%s", home);
        snprintf(variable[1], 80, "USER=%s", user);
        snprintf(variable[2], 80, "LOGNAME=%s", user);
        char *environment[] = {variable[0], variable[1], variable[2], "SHELL=/bin/bash", "PATH=/usr/bin:/bin:/usr/sbin:/sbin",
                               "TERM=linux", "LANG=C.UTF-8", "TZ=<+05>-5", 0};
        char *arguments[] = {"-bash", 0};
        if (chdir(home) || chown(path, uid, uid) || setgid(uid) || setuid(uid))
            _exit(1);
        execve("/bin/bash", arguments, environment);
        _exit(1);
    }
    waitpid(shell, 0, 0);
    return 0;
}
