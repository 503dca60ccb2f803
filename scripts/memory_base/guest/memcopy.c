/* memcopy: stands for the tool with which the memory is acquired. It asks the machine to stop, through the port of QEMU's
 * pvpanic device; the capture is taken from outside at that instruction, so the tool is in the image, as a real one is. */
#include <stdio.h>
#include <sys/io.h>
#include <unistd.h>

int main(void)
{
    if (iopl(3))
        return 2;
    for (;;) {
        outb(1, 0x505);
        pause();
    }
}
