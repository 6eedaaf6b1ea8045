#pragma once
// What the tests of the tool share: the program, a tiny run that it measures, vectors for it.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "experiments/lab/safetensors.h"
#include "tests/support/lab.h"
#include "tests/support/process.h"

namespace dualtape::testing {

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

inline constexpr const char* kCheckpoint = "run/checkpoints/depth2-seed0/step-00000040.safetensors";

inline void make_run(const lab::TemporaryFolder& folder) {
    const Result run = start(GROKKING_HESSIAN, folder,
                             {"--recipe", "tiny", "--out", "run", "--quiet", "--threads", "2"});
    INFO(run.err);
    REQUIRE(run.code == 0);
}

// v.safetensors: a vector with this value in every entry; `change` may spoil it.
inline void write_vector(const lab::TemporaryFolder& folder, double value,
                         const std::function<void(lab::TensorFile&)>& change = {}) {
    lab::TensorFile file;
    const lab::TensorFile checkpoint = lab::read_tensors(folder / kCheckpoint);
    for (const lab::Tensor& tensor : checkpoint.tensors()) {
        if (tensor.name.starts_with("optimiser.")) continue;
        std::int64_t size = 1;
        for (const std::int64_t extent : tensor.shape) size *= extent;
        const std::vector<double> values(static_cast<std::size_t>(size), value);
        file.add<double>(tensor.name, tensor.shape, values);
    }
    if (change) change(file);
    lab::write_tensors(folder / "v.safetensors", file);
}

}  // namespace dualtape::testing
