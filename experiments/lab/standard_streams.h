#pragma once
// stdin, stdout and stderr, which a program may be started without.

namespace dualtape::lab {

// Called first thing in main. A standard descriptor that is closed would be given to the next file
// that is opened, and progress text would land in a table of the run. Each closed one is opened on
// /dev/null in the direction that nobody uses, so that reading from stdin, and writing to stdout or
// stderr, fail as they do on a closed descriptor: a lost result stays an error.
void open_standard_streams();

}  // namespace dualtape::lab
