#include "experiments/grokking_hessian/findings.h"

#include <algorithm>
#include <iterator>

namespace dualtape::grokking_hessian {

Findings::Findings(const std::filesystem::path& folder)
    : settings(folder),
      summary(folder / "summary.tsv"),
      curvature(folder / "curvature.tsv"),
      eigenvalues(folder / "eigenvalues.tsv"),
      by_depth(folder),
      setting(report::judged_setting("grokking_hessian", folder)) {}

bool Findings::has(std::int64_t depth) const {
    return std::find(depths().begin(), depths().end(), depth) != depths().end();
}

std::string Findings::seeds() const {
    const std::size_t count = summary.seeds().size();
    return count == 1 ? "one seed"
                      : std::to_string(count) + " seeds, median (" +
                            report::interval_name(static_cast<double>(count)) + ")";
}

std::string Findings::each(const std::string& quantity, std::int64_t from) const {
    std::vector<std::int64_t> some;
    std::copy_if(depths().begin(), depths().end(), std::back_inserter(some),
                 [&](std::int64_t depth) { return depth >= from; });
    const auto text = [&](std::int64_t depth) { return by_depth.text(quantity, depth); };
    return report::per_depth(some, text) + " [" + seeds() + "]";
}

std::string Findings::values(const std::string& quantity,
                             const std::vector<std::int64_t>& at) const {
    std::vector<std::string> texts;
    for (const std::int64_t depth : at) texts.push_back(by_depth.text(quantity, depth));
    return report::listing(texts);
}

}  // namespace dualtape::grokking_hessian
