#pragma once
// Setup: what an experiment trains, rebuilt from its settings alone. Shared by the program that
// trains and by the tool that measures finished runs.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "experiments/lab/labels.h"
#include "experiments/lab/options.h"
#include "experiments/lab/train.h"
#include "experiments/study/classifier.h"

namespace dualtape::study {

// One training of a run.
struct Training {
    std::string name;  // of its checkpoints and tables: "depth2-seed0"
    // What tells it from the others of the run: {{"depth", 2}, {"seed", 0}}. These stand as columns
    // in front of every row of its tables.
    std::vector<std::pair<std::string, std::int64_t>> labels;
    std::uint64_t seed = 0;

    lab::Labels columns() const {
        lab::Labels texts;
        for (const auto& [column, value] : labels) {
            texts.emplace_back(column, std::to_string(value));
        }
        return texts;
    }
};

// Made with default settings; add_options lets a file or a command line change them, once. All
// other calls come after that. Throws lab::InputError for settings that do not fit together.
class Setup {
  public:
    Setup() = default;
    Setup(const Setup&) = delete;
    Setup& operator=(const Setup&) = delete;
    virtual ~Setup() = default;

    virtual void add_options(lab::Options& options) = 0;
    virtual const lab::TrainSettings& train() const = 0;
    virtual std::vector<Training> trainings() const = 0;

    // Network and data of a training. Makes its data anew: keep what is returned.
    template <class Scalar>
    std::unique_ptr<Classifier<Scalar>> classifier(const Training& training) const;

  private:
    virtual std::unique_ptr<Classifier<float>> float_classifier(const Training& training) const = 0;
    virtual std::unique_ptr<Classifier<double>> double_classifier(
        const Training& training) const = 0;
};

template <>
inline std::unique_ptr<Classifier<float>> Setup::classifier(const Training& training) const {
    return float_classifier(training);
}
template <>
inline std::unique_ptr<Classifier<double>> Setup::classifier(const Training& training) const {
    return double_classifier(training);
}

// The setup of an experiment, by the name of its program. Throws lab::InputError for another name.
std::unique_ptr<Setup> make_setup(const std::string& program);
// Programs that have one.
const std::vector<std::string>& programs();

}  // namespace dualtape::study
