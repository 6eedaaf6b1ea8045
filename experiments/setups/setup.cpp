#include "experiments/setups/setup.h"

#include "experiments/lab/errors.h"
#include "experiments/lab/suggest.h"
#include "experiments/setups/grokking_hessian.h"

namespace dualtape::setups {

const std::vector<std::string>& programs() {
    static const std::vector<std::string> names{"grokking_hessian"};
    return names;
}

std::unique_ptr<Setup> make_setup(const std::string& program) {
    if (program == "grokking_hessian") return std::make_unique<GrokkingHessian>();
    throw lab::InputError("", "\"" + program + "\" is no experiment of this version",
                          "known are " + lab::join(programs()));
}

}  // namespace dualtape::setups
