/* typist TTY SCRIPT: types into a terminal as a person would. Lines of the script: "wait SECONDS", "line TEXT" (with
 * return), "text TEXT", "key NUMBER". The script is deleted when it was read. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void press(int terminal, char key)
{
    ioctl(terminal, TIOCSTI, &key);
    usleep(90000);
}

int main(int count, char **words)
{
    char line[512];
    if (count != 3)
        return 2;
    int terminal = open(words[1], O_RDWR | O_NOCTTY);
    FILE *script = fopen(words[2], "r");
    if (terminal < 0 || !script)
        return 3;
    unlink(words[2]);
    while (fgets(line, sizeof line, script)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, "wait ", 5)) {
            sleep(atoi(line + 5));
        } else if (!strncmp(line, "key ", 4)) {
            press(terminal, atoi(line + 4));
        } else {
            for (char *at = line + 5; *at; at++)
                press(terminal, *at);
            if (!strncmp(line, "line ", 5))
                press(terminal, '\r');
        }
    }
    return 0;
}
