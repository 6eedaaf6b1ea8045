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

using Result = ProcessResult;

inline Result tool(const lab::TemporaryFolder& folder, std::vector<std::string> arguments) {
    return run_process(DUALTAPE, folder.path, std::move(arguments));
}

inline constexpr const char* kCheckpoint = "run/checkpoints/depth2-seed0/step-00000040.safetensors";

// FOLDER/NAME: the tiny recipe of grokking_hessian, whose trainings are depth1-seed0 and
// depth2-seed0.
inline void make_run(const lab::TemporaryFolder& folder, const std::string& name = "run",
                     const std::vector<std::string>& settings = {}) {
    std::vector<std::string> arguments{"--recipe", "tiny",      "--out", name,
                                       "--quiet",  "--threads", "2"};
    arguments.insert(arguments.end(), settings.begin(), settings.end());
    const Result run = run_process(GROKKING_HESSIAN, folder.path, std::move(arguments));
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
