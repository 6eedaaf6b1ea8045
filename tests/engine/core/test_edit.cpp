// Edits: affine interventions on named nodes, exact in every rule; replays of them at a point.

#include <doctest/doctest.h>

#include "tests/support/complex_step.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::testing;

namespace {

constexpr Index kEditSamples = 70;

// An edit that has everything: one direction removed, rows scaled, columns patched.
template <class Scalar>
Edit<Scalar> full_edit(const Setup<Scalar>& setup, const std::string& name, bool per_column,
                       std::uint64_t seed) {
    const Node node = setup.model.node(name);
    const Shape shape = setup.model.plan().node(node).shape;
    const Index columns = per_column ? shape.span * (shape.is_fixed ? 1 : kEditSamples) : 1;
    Edit<Scalar> edit;
    edit.node = node;
    edit.keep = uniform_matrix(shape.rows, columns, seed, 0.2, 1.5).template cast<Scalar>();
    edit.put = uniform_matrix(shape.rows, columns, seed + 1).template cast<Scalar>();
    if (shape.rows < 2) return edit;  // nothing would be left
    const Vec<double> q = uniform_vector(shape.rows, seed + 2);
    edit.remove = (q / q.norm()).template cast<Scalar>();
    return edit;
}

// x (5) -> h0 -> h1 -> logits: the edits as explicit ops behind the nodes. Data inputs "keep" and
// "put" hold one column for every sample; Q Q' is a frozen parameter.
Network explicit_mlp(bool edits_input) {
    return Network::of("explicit", [edits_input]<class Scalar>(Graph<Scalar>& g) {
        const auto edited = [&](Var<Scalar> y, const std::string& id, Index rows) {
            const auto projected = sub(y, matmul(g.parameter("qq " + id, rows, rows), y));
            return add(mul(projected, g.input("keep " + id, rows)), g.input("put " + id, rows));
        };
        auto h = g.input("x", 5);
        if (edits_input) h = edited(h, "x", 5);
        h = tanh(affine(g.parameter("w0", 7, 5), h, g.parameter("b0", 7)));
        h = edited(h, "h0", 7);
        h = tanh(affine(g.parameter("w1", 6, 7), h, g.parameter("b1", 6)));
        const auto z = affine(g.parameter("w2", 4, 6), h, g.parameter("b2", 4));
        return cross_entropy(edited(z, "logits", 4), g.tokens("labels"));
    });
}

Options taps(std::vector<std::string> names, std::size_t memory_limit = std::size_t{4} << 30) {
    Options options;
    options.taps = std::move(names);
    options.chunk_bytes = 1;
    options.memory_limit = memory_limit;
    return options;
}

// theta of the explicit network: that of the plain one, with Q Q' in its places.
void copy_parameters(const Setup<double>& plain, Setup<double>& target,
                     const std::map<std::string, Mat<double>>& extra) {
    for (const ParameterSlice& slice : target.model.plan().parameters()) {
        const std::string& name = target.model.plan().node(slice.node).name;
        if (const auto found = extra.find(name); found != extra.end()) {
            target.theta.segment(slice.offset, slice.size) =
                Eigen::Map<const Vec<double>>(found->second.data(), slice.size);
            continue;
        }
        for (const ParameterSlice& other : plain.model.plan().parameters()) {
            if (plain.model.plan().node(other.node).name != name) continue;
            target.theta.segment(slice.offset, slice.size) =
                plain.theta.segment(other.offset, other.size);
        }
    }
}

// Rows of the explicit network's vectors that belong to the plain network's parameters.
Mat<double> common_rows(const Setup<double>& plain, const Setup<double>& target,
                        const Mat<double>& in_target) {
    Mat<double> result(plain.size(), in_target.cols());
    for (const ParameterSlice& slice : plain.model.plan().parameters()) {
        for (const ParameterSlice& other : target.model.plan().parameters()) {
            if (plain.model.plan().node(slice.node).name !=
                target.model.plan().node(other.node).name) {
                continue;
            }
            result.middleRows(slice.offset, slice.size) =
                in_target.middleRows(other.offset, other.size);
        }
    }
    return result;
}
Mat<double> spread_rows(const Setup<double>& plain, const Setup<double>& target,
                        const Mat<double>& in_plain) {
    Mat<double> result = Mat<double>::Zero(target.size(), in_plain.cols());
    for (const ParameterSlice& slice : plain.model.plan().parameters()) {
        for (const ParameterSlice& other : target.model.plan().parameters()) {
            if (plain.model.plan().node(slice.node).name !=
                target.model.plan().node(other.node).name) {
                continue;
            }
            result.middleRows(other.offset, other.size) =
                in_plain.middleRows(slice.offset, slice.size);
        }
    }
    return result;
}

const std::vector<std::string> kEditTaps = {"x", "h0", "logits"};

}  // namespace

TEST_CASE("edits of all kinds equal the explicitly edited graph in all derivatives") {
    for (const bool per_column : {false, true}) {
        for (const std::size_t limit : {std::size_t{4} << 30, std::size_t{0}}) {
            INFO("per column ", per_column, ", memory limit ", limit);
            Setup<double> setup(network("mlp tanh"), kEditSamples, taps(kEditTaps, limit));
            Setup<double> target(explicit_mlp(true), kEditSamples);
            std::vector<Edit<double>> edits;
            std::map<std::string, Mat<double>> extra;
            for (const std::string& name : kEditTaps) {
                edits.push_back(full_edit(setup, name, per_column, 40 + name.size()));
                const Edit<double>& edit = edits.back();
                extra["qq " + name] = edit.remove * edit.remove.transpose();
                for (const auto& [slot, matrix] :
                     {std::pair{"keep ", &edit.keep}, std::pair{"put ", &edit.put}}) {
                    Mat<double>& data = target.inputs[slot + name];
                    for (Index c = 0; c < data.cols(); ++c) {
                        data.col(c) = matrix->col(per_column ? c : 0);
                    }
                }
            }
            copy_parameters(setup, target, extra);
            setup.work.edit(edits);
            CHECK(relative_error(setup.value(), target.value()) < 1e-14);
            CHECK(relative_error(setup.gradient(), Vec<double>(common_rows(
                                                       setup, target, target.gradient()))) < 1e-12);
            const Mat<double> V = directions(setup.size(), 3);
            const Mat<double> HV =
                common_rows(setup, target, target.hessian(spread_rows(setup, target, V)));
            CHECK(relative_error(setup.hessian(V), HV) < 1e-12);
            CHECK(relative_error(setup.at().curvature(V), (V.transpose() * HV).diagonal().eval()) <
                  1e-12);
            Mat<double> GV(setup.size(), 3), GV_target(target.size(), 3);
            setup.at().gauss_newton(V, GV);
            target.at().gauss_newton(spread_rows(setup, target, V), GV_target);
            // Q Q' is not frozen there, but its tangent is zero.
            CHECK(relative_error(GV, common_rows(setup, target, GV_target)) < 1e-12);
            // No edits: the plain network again.
            setup.work.edit({});
            Setup<double> plain(network("mlp tanh"), kEditSamples, taps({}));
            CHECK(relative_error(setup.hessian(V), plain.hessian(V)) < 1e-14);
        }
    }
}

TEST_CASE("derivatives with edits active equal the complex step") {
    struct Case {
        const char* network;
        std::vector<std::string> taps;
    };
    const Case cases[] = {{"mlp relu", {"h0", "h1"}},
                          {"mlp gelu", {"x", "h1"}},
                          {"embedding, reshaped", {"pair"}},
                          {"projected before gather", {"table a"}},
                          {"regression over positions", {"x", "output"}},
                          {"a potential without data", {"energy"}}};
    for (const Case& of : cases) {
        const char* name = of.network;
        const auto& tap_names = of.taps;
        INFO(name);
        Setup<double> real(network(name), kEditSamples, taps(tap_names));
        Setup<Complex> complex(network(name), kEditSamples, taps(tap_names));
        std::vector<Edit<double>> edits;
        std::vector<Edit<Complex>> complex_edits;
        for (const std::string& tap : tap_names) {
            edits.push_back(full_edit(real, tap, true, 90));
            complex_edits.push_back(full_edit(complex, tap, true, 90));
            edits.push_back({real.model.node(tap), {}, {}, {}});  // twice: in order
            edits.back().keep = Mat<double>::Constant(edits[edits.size() - 2].keep.rows(), 1, 0.8);
            complex_edits.push_back({real.model.node(tap), {}, {}, {}});
            complex_edits.back().keep = edits.back().keep.cast<Complex>();
        }
        real.work.edit(edits);
        complex.work.edit(complex_edits);
        const Mat<double> V = directions(real.size(), 2);
        const Mat<double> HV = real.hessian(V);
        const Vec<double> g = real.gradient();
        for (Index j = 0; j < 2; ++j) {
            CHECK(relative_error(g.dot(V.col(j)), slope_by_step(complex, real.theta, V.col(j))) <
                  1e-12);
            CHECK(relative_error(HV.col(j), hessian_by_step(complex, real.theta, V.col(j))) <
                  1e-12);
        }
    }
}

TEST_CASE("a zeroed, patched or projected node is what its readers see") {
    Setup<double> setup(network("mlp tanh"), kEditSamples, taps({"h0"}));
    const Node h0 = setup.model.node("h0"), logits = setup.model.node("logits");
    Mat<double> h(7, kEditSamples), z(4, kEditSamples), expected(4, kEditSamples);
    setup.model.read(setup.work, setup.theta, setup.batch, h0, h);
    Edit<double> edit{h0, Mat<double>::Zero(7, 1), {}, {}};
    setup.work.edit({edit});
    Mat<double> seen(7, kEditSamples);
    setup.model.read(setup.work, setup.theta, setup.batch, h0, seen);
    CHECK(seen.isZero(0));
    setup.at().activation(h0, seen);
    CHECK(seen.isZero(0));
    // Patching a node with its own values changes nothing.
    setup.work.edit({});
    setup.model.read(setup.work, setup.theta, setup.batch, logits, expected);
    edit.put = h;
    setup.work.edit({edit});
    setup.model.read(setup.work, setup.theta, setup.batch, logits, z);
    CHECK(same_bits(z, expected));
    // Below a patched node nothing flows: only the layers above have a gradient.
    const Vec<double> g = setup.gradient();
    CHECK(g.head(7 * 5 + 7).isZero(0));
    CHECK_FALSE(g.tail(4 * 6 + 4).isZero(0));
    // After the projection nothing is left along Q.
    Edit<double> project{h0, {}, {}, uniform_matrix(7, 1, 3).normalized()};
    setup.work.edit({project});
    setup.model.read(setup.work, setup.theta, setup.batch, h0, seen);
    CHECK((project.remove.transpose() * seen).cwiseAbs().maxCoeff() < 1e-15);
    CHECK(relative_error(seen, (h - project.remove * (project.remove.transpose() * h)).eval()) <
          1e-14);
}

TEST_CASE("edits of all columns follow the selection of a minibatch") {
    Setup<double> setup(network("mlp gelu"), kEditSamples, taps({"x", "h0"}));
    Setup<double> copy(network("mlp gelu"), 20, taps({"x", "h0"}));
    const auto chosen = uniform_tokens(20, kEditSamples, 2);
    std::vector<Edit<double>> edits, copied;
    for (const char* tap : {"x", "h0"}) {
        edits.push_back(full_edit(setup, tap, true, 7));
        copied.push_back(edits.back());
        copied.back().keep.resize(edits.back().keep.rows(), 20);
        copied.back().put.resize(edits.back().keep.rows(), 20);
        for (Index c = 0; c < 20; ++c) {
            const auto source = chosen[static_cast<std::size_t>(c)];
            copied.back().keep.col(c) = edits.back().keep.col(source);
            copied.back().put.col(c) = edits.back().put.col(source);
        }
    }
    for (Index c = 0; c < 20; ++c) {
        const auto source = chosen[static_cast<std::size_t>(c)];
        copy.inputs["x"].col(c) = setup.inputs["x"].col(source);
        copy.tokens["labels"][static_cast<std::size_t>(c)] =
            setup.tokens["labels"][static_cast<std::size_t>(source)];
    }
    setup.work.edit(edits);
    copy.work.edit(copied);
    setup.batch.select(chosen.data(), 20);
    const Mat<double> V = directions(setup.size(), 2);
    CHECK(setup.value() == copy.value());
    CHECK(same_bits(setup.hessian(V), copy.hessian(V)));
}

TEST_CASE("a replay has the bits of a full run with the same edits, in all memory tiers") {
    struct Case {
        const char* network;
        std::vector<std::string> taps;
        std::vector<std::string> reads;
    };
    const Case cases[] = {{"mlp tanh", {"x", "h0", "h1"}, {"x", "h0", "h1", "logits"}},
                          {"mlp gelu", {"h1", "logits"}, {"h0", "h1", "logits"}},
                          {"mlp relu", {"h0", "h1"}, {"h1", "logits"}},
                          {"embedding, reshaped", {"pair"}, {"pair", "e"}},
                          {"projected before gather", {"table a"}, {"table a", "w"}},
                          {"regression over positions", {"x", "output"}, {"output"}},
                          {"a potential without data", {"energy"}, {"energy"}}};
    for (const Case& of : cases) {
        const char* name = of.network;
        const auto& tap_names = of.taps;
        const auto& reads = of.reads;
        for (const std::size_t limit : {std::size_t{4} << 30, std::size_t{20000}, std::size_t{0}}) {
            for (const bool edited_before : {false, true}) {
                for (const std::string& tap : tap_names) {
                    Setup<double> setup(network(name), kEditSamples, taps(tap_names, limit));
                    Setup<double> full(network(name), kEditSamples, taps(tap_names));
                    std::vector<Edit<double>> before;
                    if (edited_before) {
                        for (const std::string& other : tap_names) {
                            before.push_back(full_edit(setup, other, true, 5));
                        }
                    }
                    setup.work.edit(before);
                    const Point<double> point = setup.at();
                    const Mat<double> v = directions(setup.size(), 1);
                    Mat<double> Hv(setup.size(), 1), again(setup.size(), 1);
                    point.hessian(v, Hv);
                    std::vector<Edit<double>> edits = {full_edit(setup, tap, true, 60)};
                    std::vector<Edit<double>> all = before;
                    all.push_back(edits[0]);
                    full.work.edit(all);
                    const double value = full.value();
                    for (const std::string& read : reads) {
                        INFO(name, ", edit ", tap, ", read ", read, ", limit ", limit,
                             ", edited before ", edited_before, ", keeps ",
                             static_cast<int>(point.keeps()));
                        const Node node = setup.model.node(read);
                        const Shape shape = setup.model.plan().node(node).shape;
                        const Index columns = shape.span * (shape.is_fixed ? 1 : kEditSamples);
                        Mat<double> y(shape.rows, columns), expected(shape.rows, columns);
                        CHECK(point.replay(edits, node, y) == value);
                        full.model.read(full.work, full.theta, full.batch, node, expected);
                        CHECK(same_bits(y, expected));
                        // Without edits: the point itself.
                        CHECK(point.replay({}, node, y) == point.value());
                    }
                    point.hessian(v, again);
                    CHECK(same_bits(Hv, again));
                }
            }
        }
    }
}

TEST_CASE("a loss that is itself edited is returned as edited") {
    for (const char* name : {"mlp tanh", "a potential without data"}) {
        const Network named = Network::of("named loss", [name]<class Scalar>(Graph<Scalar>& g) {
            const auto loss = network(name).build(g);
            if (!g.nodes()[static_cast<std::size_t>(loss.id)].name.empty()) return loss;
            return g.name("energy", loss);
        });
        INFO(name);
        Setup<double> setup(named, 9, taps({"energy"}));
        const double value = setup.value();
        const Vec<double> g = setup.gradient();
        const Node energy = setup.model.node("energy");
        setup.work.edit(
            {{energy, Mat<double>::Constant(1, 1, 3), Mat<double>::Constant(1, 1, 0.5), {}}});
        CHECK(setup.value() == doctest::Approx(3 * value + 0.5).epsilon(1e-14));
        CHECK(relative_error(setup.gradient(), (3 * g).eval()) < 1e-14);
        setup.work.edit({});
        const Index columns = setup.model.plan().has_samples() ? 9 : 1;
        Mat<double> losses(1, columns);
        CHECK(setup.at().replay({{energy, Mat<double>::Constant(1, 1, 3), {}, {}}}, energy,
                                losses) == doctest::Approx(3 * value).epsilon(1e-14));
        CHECK(losses.mean() == doctest::Approx(3 * value).epsilon(1e-14));
    }
}
