// Loss, gradient, Hessian and Gauss-Newton products against PyTorch's, from text files.

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::testing;

namespace {

// "key value value ..."; "input x ..." and "tokens x ..." have a slot before their values.
struct Golden {
    std::string network;
    std::map<std::string, Vec<double>> rows;

    explicit Golden(const std::string& name) {
        const std::string path = std::string(DUALTAPE_GOLDEN_DIR) + "/models/" + name + ".txt";
        std::ifstream file(path);
        REQUIRE_MESSAGE(file.good(), path);
        for (std::string line; std::getline(file, line);) {
            if (line.empty() || line[0] == '#') continue;
            std::istringstream words(line);
            std::string key;
            words >> key;
            if (key == "network") {
                std::getline(words >> std::ws, network);
                continue;
            }
            if (key == "input" || key == "tokens") words >> key;
            std::vector<double> values;
            for (double value = 0; words >> value;) values.push_back(value);
            rows[key] = Eigen::Map<Vec<double>>(values.data(), static_cast<Index>(values.size()));
        }
    }
};

void check_golden(const std::string& name) {
    INFO(name);
    Golden golden(name);
    Setup<double> setup(network(golden.network), static_cast<Index>(golden.rows["samples"][0]));
    for (auto& [slot, data] : setup.inputs) {
        REQUIRE(golden.rows[slot].size() == data.size());
        data = Eigen::Map<const Mat<double>>(golden.rows[slot].data(), data.rows(), data.cols());
    }
    for (auto& [slot, tokens] : setup.tokens) {
        REQUIRE(golden.rows[slot].size() == static_cast<Index>(tokens.size()));
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            tokens[i] = static_cast<std::int32_t>(golden.rows[slot][static_cast<Index>(i)]);
        }
    }
    REQUIRE(golden.rows["theta"].size() == setup.size());
    setup.theta = golden.rows["theta"];
    const Point<double> point = setup.at();
    const Mat<double> v = golden.rows["v"];
    Mat<double> product(setup.size(), 1);
    CHECK(relative_error(point.value(), golden.rows["loss"][0]) < 1e-10);
    CHECK(relative_error(point.gradient(), golden.rows["gradient"]) < 1e-10);
    point.hessian(v, product);
    CHECK(relative_error(product, golden.rows["hessian"]) < 1e-10);
    CHECK(relative_error(point.curvature(v)[0], v.col(0).dot(golden.rows["hessian"])) < 1e-10);
    if (golden.rows.count("gauss_newton") == 0) return;
    point.gauss_newton(v, product);
    CHECK(relative_error(product, golden.rows["gauss_newton"]) < 1e-10);
}

}  // namespace

TEST_CASE("networks agree with PyTorch to ten digits") {
    for (const char* name :
         {"mlp_tanh", "mlp_relu", "mlp_gelu", "mlp_gelu_tanh", "mlp_silu", "mlp_sigmoid",
          "mlp_square", "embedding_reshaped", "regression_over_positions",
          "a_label_at_every_position", "weight_decay_in_the_loss", "gates_slices_and_repeats",
          "a_potential_without_data"}) {
        check_golden(name);
    }
}
