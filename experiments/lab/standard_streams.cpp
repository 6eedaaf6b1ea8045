#include "experiments/lab/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

namespace dualtape::lab {

void open_standard_streams() {
    // In this order the system gives the lowest free number, which is the one that is wanted.
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(descriptor, F_GETFD) >= 0) continue;
        ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

}  // namespace dualtape::lab
