#pragma once
// Another program, started and waited for.

#include <string>
#include <vector>

namespace dualtape::tools {

struct ChildResult {
    int code = 0;     // exit code; 128 + the signal that ended it
    std::string out;  // its stdout
};
// stderr is that of this program. Throws lab::InputError when it cannot be started.
ChildResult run_child(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace dualtape::tools
