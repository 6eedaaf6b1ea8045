#pragma once
// The tool and the experiment, started as programs in a temporary folder.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/lab.h"
#include "tests/support/process.h"

namespace dualtape {

struct Result {
    int code;
    std::string out, err;
};

inline Result start(const char* program, const lab::TemporaryFolder& folder,
                    std::vector<std::string> arguments) {
    const int code = Process(program, folder.path, std::move(arguments)).wait();
    return {code, lab::slurp(folder / "stdout"), lab::slurp(folder / "stderr")};
}

inline Result tool(const lab::TemporaryFolder& folder, std::vector<std::string> arguments) {
    return start(DUALTAPE, folder, std::move(arguments));
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// FOLDER/NAME: the tiny recipe of grokking_hessian, whose trainings are depth1-seed0 and
// depth2-seed0.
inline void make_run(const lab::TemporaryFolder& folder, const std::string& name = "run",
                     const std::vector<std::string>& settings = {}) {
    std::vector<std::string> arguments{"--recipe", "tiny",      "--out", name,
                                       "--quiet",  "--threads", "2"};
    arguments.insert(arguments.end(), settings.begin(), settings.end());
    const Result run = start(GROKKING_HESSIAN, folder, std::move(arguments));
    INFO(run.err);
    REQUIRE(run.code == 0);
}

}  // namespace dualtape
