#include "experiments/setups/open_run.h"

#include <algorithm>

#include "experiments/lab/errors.h"
#include "experiments/lab/manifest.h"
#include "experiments/lab/safetensors.h"
#include "experiments/lab/toml.h"

namespace dualtape::setups {

namespace {

namespace fs = std::filesystem;
using lab::InputError;

// The run folder that a checkpoint lies in: the nearest one above with a config.toml.
fs::path folder_above(const fs::path& file) {
    for (fs::path folder = fs::absolute(file).parent_path(); folder.has_relative_path();
         folder = folder.parent_path()) {
        if (fs::exists(folder / "config.toml")) return folder;
    }
    throw InputError(file.string(), "lies in no run folder, so its model is not known",
                     "give a checkpoint where the run has written it, below a config.toml");
}

}  // namespace

CheckpointChoice::CheckpointChoice(const std::string& word) : last_(0) {
    std::int64_t count = 1;
    const bool is_word = word == "all" || word == "last";
    if (!is_word && (!lab::toml::read_integer(word, count) || count < 1)) {
        throw InputError("--checkpoints " + word, "is no choice of checkpoints",
                         "write all, last, or how many of the last ones");
    }
    last_ = word == "all" ? static_cast<std::size_t>(-1) : static_cast<std::size_t>(count);
}

std::vector<lab::Checkpoint> CheckpointChoice::apply(std::vector<lab::Checkpoint> all) const {
    const std::size_t count = std::min(last_, all.size());
    all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(count));
    return all;
}

OpenedRun::OpenedRun(const fs::path& place) {
    if (!fs::exists(place)) {
        throw InputError(place.string(), "there is no such file or folder",
                         "give a run folder or a checkpoint of one");
    }
    if (fs::is_directory(place)) {
        folder_ = place;
    } else {
        checkpoint_ = fs::absolute(place);
        folder_ = folder_above(place);
    }
    const fs::path config = folder_ / "config.toml";
    if (!fs::exists(config)) {
        throw InputError(place.string(), "is no run folder: config.toml is missing",
                         "give the folder that an experiment has written");
    }
    program_ = lab::manifest_facts(folder_ / "manifest.json").program;
    if (program_.empty()) {
        throw InputError((folder_ / "manifest.json").string(), "is missing or no manifest",
                         "go on with the run by --resume, which writes it again");
    }
    setup_ = make_setup(program_);
    setup_->add_options(options_);
    options_.assign(lab::toml::read(config), config.string());
    options_.run_checks();
}

std::vector<TrainedNetwork> OpenedRun::trained(const CheckpointChoice& choice) const {
    std::vector<TrainedNetwork> all;
    for (const Training& training : setup_->trainings()) {
        std::vector<lab::Checkpoint> found = lab::list_checkpoints(folder_, training.name);
        std::reverse(found.begin(), found.end());
        if (is_single()) {
            std::erase_if(found, [&](const lab::Checkpoint& checkpoint) {
                return !fs::equivalent(checkpoint.path, checkpoint_);
            });
        } else {
            found = choice.apply(std::move(found));
        }
        if (!found.empty()) all.push_back({training, std::move(found)});
    }
    if (!all.empty()) return all;
    throw InputError(is_single() ? checkpoint_.string() : folder_.string(),
                     is_single() ? "is no checkpoint of a training of " + folder_.string()
                                 : "holds no checkpoint yet",
                     is_single()
                         ? "checkpoints are called checkpoints/<training>/step-N.safetensors"
                         : "let the run reach its first visit");
}

Vec<double> read_theta(const lab::TensorFile& file,
                       const std::vector<models::ParameterInfo>& parameters) {
    Vec<double> theta(0);
    for (const models::ParameterInfo& parameter : parameters) {
        const lab::Dtype dtype = file.tensor(parameter.name).dtype;
        if (dtype != lab::Dtype::f32 && dtype != lab::Dtype::f64) {
            throw InputError(file.where, parameter.name + " holds whole numbers",
                             "store it as F32 or F64");
        }
        const Vec<double> values =
            dtype == lab::Dtype::f32
                ? Vec<double>(lab::read_parameters<float>(file, {parameter}).cast<double>())
                : lab::read_parameters<double>(file, {parameter});
        if (!values.allFinite()) {
            throw InputError(file.where, parameter.name + " holds numbers that are not finite",
                             "give a file of finite numbers");
        }
        theta.conservativeResize(theta.size() + values.size());
        theta.tail(values.size()) = values;
    }
    return theta;
}

}  // namespace dualtape::setups
