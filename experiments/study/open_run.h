#pragma once
// A run folder, or one of its checkpoints, opened to be measured.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "experiments/study/setup.h"

namespace dualtape::study {

// Which checkpoints of every training: "all", "last", or "5" for the five last ones.
class CheckpointChoice {
  public:
    // Throws lab::InputError for anything else.
    explicit CheckpointChoice(const std::string& word);
    // From a list, oldest first, the chosen ones.
    std::vector<lab::Checkpoint> apply(std::vector<lab::Checkpoint> all) const;

  private:
    std::size_t last_;
};

// One training with checkpoints of it, oldest first.
struct TrainedNetwork {
    Training training;
    std::vector<lab::Checkpoint> checkpoints;
};

// Reads config.toml and, for the name of the program, manifest.json; writes nothing. The run may be
// finished, stopped or running.
class OpenedRun {
  public:
    // place: a run folder, or a checkpoint below one
    // (RUN/checkpoints/<training>/step-N.safetensors). Throws lab::InputError when it is neither,
    // or belongs to an experiment or settings that this version does not know.
    explicit OpenedRun(const std::filesystem::path& place);

    const std::filesystem::path& folder() const { return folder_; }
    const std::string& program() const { return program_; }
    const Setup& setup() const { return *setup_; }
    const lab::Options& options() const { return options_; }
    bool is_single() const { return !checkpoint_.empty(); }

    // All trainings with the chosen checkpoints; of a single checkpoint just that. Trainings
    // without a checkpoint are left out. Throws lab::InputError when nothing is left.
    std::vector<TrainedNetwork> trained(const CheckpointChoice& choice) const;

  private:
    std::filesystem::path folder_, checkpoint_;
    std::string program_;
    std::unique_ptr<Setup> setup_;
    lab::Options options_;
};

// Theta of a checkpoint, P, in the order of the parameters, each from F32 or F64. Throws
// lab::InputError, naming the file and the parameter, when one is missing, has another shape or
// type, or is not finite.
Vec<double> read_theta(const lab::TensorFile& file,
                       const std::vector<models::ParameterInfo>& parameters);
// The same from the file of a checkpoint, which must not say that it is of another step.
Vec<double> read_theta(const lab::Checkpoint& checkpoint,
                       const std::vector<models::ParameterInfo>& parameters);

}  // namespace dualtape::study
