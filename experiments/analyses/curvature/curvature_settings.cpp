#include "experiments/analyses/curvature/curvature_settings.h"

#include <algorithm>
#include <bit>

#include "experiments/lab/errors.h"
#include "experiments/lab/suggest.h"
#include "experiments/lab/toml.h"

namespace dualtape::analyses {

namespace {

const std::vector<std::string> kWords{"top=K",       "bottom=K", "trace",  "density",
                                      "density=all", "ggn",      "layers", "adam"};

// The K of "top=K"; -1 for another word or no number.
std::int64_t number_after(const std::string& word, const std::string& name) {
    std::int64_t count = -1;
    const bool is_it =
        word.starts_with(name + "=") &&
        lab::toml::read_integer(std::string_view(word).substr(name.size() + 1), count);
    return is_it ? count : -1;
}

}  // namespace

void CurvatureSettings::check() const {
    for (const std::string& word : quantities) {
        const std::string name = word.substr(0, word.find('='));
        if (name == "top" || name == "bottom") {
            const std::int64_t count = number_after(word, name);
            if (count >= 0 && count <= 100) continue;
            throw lab::InputError("curvature = " + word, "is no number of eigenpairs",
                                  "write " + name + "=K with K from 0 to 100");
        }
        if (std::find(kWords.begin(), kWords.end(), word) != kWords.end()) continue;
        const std::string nearest = lab::nearest_word(word, kWords);
        throw lab::InputError("curvature = " + word, "is nothing that can be measured",
                              nearest.empty() ? "the words are " + lab::join(kWords)
                                              : "did you mean " + nearest + "?");
    }
}

bool CurvatureSettings::has(const std::string& word) const {
    return std::find(quantities.begin(), quantities.end(), word) != quantities.end();
}

Index CurvatureSettings::count(const std::string& word) const {
    Index count = 0;
    for (const std::string& quantity : quantities) {
        count = std::max<Index>(count, number_after(quantity, word));
    }
    return count;
}

bool CurvatureSettings::has_density(std::int64_t visit, bool is_last) const {
    if (has("density=all")) return true;
    const bool is_log_spaced = visit == 0 || std::has_single_bit(static_cast<std::uint64_t>(visit));
    return has("density") && (is_log_spaced || is_last);
}

SharpnessSettings CurvatureSettings::at_visit(std::int64_t visit, bool is_last, int threads) const {
    SharpnessSettings sharpness;
    SpectrumSettings& spectrum = sharpness.spectrum;
    spectrum.largest = count("top");
    spectrum.smallest = count("bottom");
    spectrum.tolerance = tolerance;
    spectrum.max_products = static_cast<Index>(max_products);
    spectrum.has_trace = has("trace");
    spectrum.trace_probes = static_cast<Index>(trace_probes);
    spectrum.has_density = has_density(visit, is_last);
    spectrum.density_probes = static_cast<Index>(density_probes);
    spectrum.density_steps = static_cast<Index>(density_steps);
    spectrum.threads = threads;
    sharpness.power_rounds = static_cast<Index>(power_rounds);
    sharpness.power_tolerance = power_tolerance;
    sharpness.dense_limit = static_cast<Index>(dense_limit);
    sharpness.has_gauss_newton = has("ggn");
    sharpness.has_layers = has("layers");
    return sharpness;
}

void add_curvature(lab::Options& options, CurvatureSettings& settings,
                   const std::vector<std::string>& needed) {
    options.group("curvature", "Curvature");
    options.add("curvature_every", settings.every, "distance between visits: curvature, checkpoint")
        .unit("steps")
        .at_least(1);
    options
        .add("curvature", settings.quantities,
             "what is measured at visits: " + lab::join(kWords) +
                 (needed.empty() ? "; empty: nothing"
                                 : "; needed: " + lab::join(needed, "=K and ") + "=K"))
        .may_be_empty();
    options
        .add("curvature_tolerance", settings.tolerance,
             "residual at which a solve ends, relative to the largest eigenvalue")
        .above(0)
        .below(0.1);
    options
        .add("max_products", settings.max_products,
             "Hessian-vector products of one solve before it stops unconverged")
        .at_least(10);
    options.add("trace_probes", settings.trace_probes, "random vectors of a trace").at_least(2);
    options.add("density_probes", settings.density_probes, "random vectors of a density")
        .at_least(2);
    options.add("density_steps", settings.density_steps, "Lanczos steps of each of them")
        .at_least(2);
    options.add("power_rounds", settings.power_rounds, "rounds of power iteration; 0: none")
        .at_least(0);
    options
        .add("power_tolerance", settings.power_tolerance,
             "relative residual that ends power iteration early; 0: never")
        .at_least(0);
    options
        .add("dense_limit", settings.dense_limit,
             "parameters up to which the whole spectrum is computed as a check")
        .range(0, 5000);
    options.add_check([&settings, needed] {
        settings.check();
        for (const std::string& end : needed) {
            if (settings.count(end) > 0) continue;
            throw lab::InputError("curvature", end + "=K is missing",
                                  "this experiment is about " + lab::join(needed, " and ") +
                                      ": add " + end + "=1 or more");
        }
    });
}

}  // namespace dualtape::analyses
