#pragma once
// The tables of Fourier analysis, as figures and report read them.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "experiments/report/training_groups.h"

namespace dualtape::analyses {

// A table addressed by the names of its trainings. A training without rows gives empty columns.
class TrainingTable {
  public:
    explicit TrainingTable(const std::filesystem::path& path) : groups_(path) {}

    const std::vector<report::TrainingGroups::Group>& trainings() const { return groups_.groups(); }
    std::vector<double> numbers(const std::string& training, const char* column) const;
    // Of its last step alone.
    std::vector<double> last_numbers(const std::string& training, const char* column) const;
    std::vector<std::string> last_texts(const std::string& training, const char* column) const;

  private:
    // An empty one if the training has no rows; the last step alone, or all.
    report::TrainingGroups::Group rows(const std::string& training, bool is_last) const;

    report::TrainingGroups groups_;
};

// What fourier_summary.tsv says of a training, at its last checkpoint.
struct FourierTraining {
    struct Row {
        std::string value, low, high, note;
    };
    std::string name;     // "width 16, seed 0"
    std::string setting;  // "width 16": trainings that differ in the seed alone
    double step = 0;
    std::map<std::string, Row> rows;

    // "" and NaN for a quantity that is empty or not there.
    std::string text(const std::string& quantity) const;
    double number(const std::string& quantity) const;
    Row row(const std::string& quantity) const;
    std::vector<double> keys() const;
    // Whether the label is a wave of a - b, not of a + b.
    bool is_difference() const { return text("label") == "difference"; }
    // "seed 0"; empty where there is no seed.
    std::string seed() const;
};

// All tables of a folder; those that are missing are empty.
struct FourierFindings {
    explicit FourierFindings(const std::filesystem::path& folder);

    TrainingTable progress, excluded, frequencies, neurons, correlations, phases;
    std::vector<FourierTraining> trainings;  // in the order of the summary

    std::vector<std::string> settings() const;  // distinct, in order
    std::vector<const FourierTraining*> of_setting(const std::string& setting) const;
    // Trainings that figures show one by one: all, or the first of every setting, `most` of them.
    std::vector<const FourierTraining*> examples(std::size_t most) const;
};

}  // namespace dualtape::analyses
