// Schedules: how many matrix products each quantity takes, their flops, and that no plane is read
// after another has taken its memory.

#include <doctest/doctest.h>

#include <map>

#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::testing;

namespace {

// widths[0] inputs, then layers; tanh between.
Network dense(std::vector<Index> widths) {
    return Network::of("dense", [widths]<class Scalar>(Graph<Scalar>& g) {
        auto h = g.input("x", widths[0]);
        for (std::size_t i = 1; i < widths.size(); ++i) {
            const std::string id = std::to_string(i);
            h = affine(g.parameter("w" + id, widths[i], widths[i - 1]), h,
                       g.parameter("b" + id, widths[i]));
            if (i + 1 < widths.size()) h = g.name("h" + id, tanh(h));
        }
        return cross_entropy(g.name("logits", h), g.tokens("labels"));
    });
}

// Two tokens of p = 113, embedded in 128 dimensions each, 256 hidden features.
Network embed_concat(bool projected) {
    return Network::of("embed-concat", [projected]<class Scalar>(Graph<Scalar>& g) {
        const auto e = g.parameter("e", 128, 113);
        const auto b = g.parameter("b", 256);
        Var<Scalar> h;
        if (projected) {
            const auto wa = g.parameter("wa", 256, 128), wb = g.parameter("wb", 256, 128);
            h = add(
                add(gather(matmul(wa, e), g.tokens("ta")), gather(matmul(wb, e), g.tokens("tb"))),
                b);
        } else {
            h = affine(g.parameter("w", 256, 256), reshape(gather(e, g.tokens("ab", 2)), 256), b);
        }
        const auto z = affine(g.parameter("u", 113, 256), relu(h), g.parameter("c", 113));
        return cross_entropy(z, g.tokens("labels"));
    });
}

template <class Call>
std::vector<kernels::GemmCall> products_of(Setup<double>& setup, Call call) {
    std::vector<kernels::GemmCall> calls;
    setup.work.record_products(&calls);
    call();
    setup.work.record_products(nullptr);
    return calls;
}
double flops(const std::vector<kernels::GemmCall>& calls) {
    double sum = 0;
    for (const auto& call : calls) {
        sum += 2 * static_cast<double>(call.rows) * static_cast<double>(call.cols) *
               static_cast<double>(call.depth);
    }
    return sum;
}

constexpr Product kProducts[] = {Product::hessian,          Product::gauss_newton,
                                 Product::fisher_empirical, Product::fisher_sampled,
                                 Product::jacobian,         Product::jacobian_transpose,
                                 Product::curvature,        Product::gauss_newton_curvature,
                                 Product::loss_slopes};

// Replays a schedule symbolically: every range of the lane belongs to the plane that wrote it
// last, and whoever reads a plane must find it whole.
class LaneCheck {
  public:
    LaneCheck(const Plan<double>& plan, const Schedule<double>& schedule)
        : plan_(plan), schedule_(schedule), owner_(schedule.lane_bytes, 0) {}

    // The driver's own writes: seeds before up, before the turn, or before down.
    void write(Place place, Node node, const char* kind) {
        if (place.area != Area::lane) return;
        const std::size_t end = place.offset + bytes(node);
        REQUIRE(end <= owner_.size());
        for (std::size_t i = place.offset; i < end; ++i) owner_[i] = tag(node, kind);
    }
    void read(Place place, Node node, const char* kind) {
        if (place.area != Area::lane) return;
        const std::size_t end = place.offset + bytes(node);
        REQUIRE(end <= owner_.size());
        bool is_whole = true;
        for (std::size_t i = place.offset; i < end; ++i) is_whole &= owner_[i] == tag(node, kind);
        INFO("plane ", kind, " of ", plan_.label(node));
        CHECK(is_whole);
    }

    void run(const std::vector<Step<double>>& steps, const char* down) {
        for (const Step<double>& step : steps) {
            const auto& inputs = plan_.node(step.node).inputs;
            const bool gives =
                step.rule == Rule::pull || step.rule == Rule::bend || step.rule == Rule::sampled;
            if (step.rule == Rule::pull) read(step.y.adjoint, step.node, down);
            for (std::size_t i = 0; i < step.inputs.size(); ++i) {
                if (step.rule == Rule::value) read(step.inputs[i].value, inputs[i], "value");
                if (!step.inputs[i].is_active || step.rule == Rule::value) continue;
                if (step.rule != Rule::pull) read(step.inputs[i].tangent, inputs[i], "tangent");
            }
            if (step.rule == Rule::value) write(step.y.value, step.node, "value");
            if (step.rule == Rule::push) write(step.y.tangent, step.node, "tangent");
            if (step.rule == Rule::curvature) write(step.y.tangent, step.node, "scratch");
            for (std::size_t i = 0; gives && i < step.inputs.size(); ++i) {
                if (!step.inputs[i].is_active) continue;
                if (!step.inputs[i].is_first) read(step.inputs[i].adjoint, inputs[i], down);
                write(step.inputs[i].adjoint, inputs[i], down);
            }
        }
    }

  private:
    std::size_t bytes(Node node) const { return plan_.root(node).plane_bytes; }
    int tag(Node node, const std::string& kind) {
        return tags_.try_emplace({plan_.node(node).root, kind}, static_cast<int>(tags_.size()) + 1)
            .first->second;
    }

    const Plan<double>& plan_;
    const Schedule<double>& schedule_;
    std::vector<int> owner_;
    std::map<std::pair<Node, std::string>, int> tags_;
};

}  // namespace

TEST_CASE("matrix products per quantity are those of the table of prices") {
    // A first layer on data and two hidden ones: 1 + 2 layers of the table.
    Setup<double> s(dense({3, 5, 4, 6}), 7);
    const Index P = s.size();
    const Mat<double> V = directions(P, 1);
    Mat<double> R(P, 1), z(6, 7), slopes(7, 1);
    Vec<double> g(P);
    const auto count = [&](auto call) { return products_of(s, call).size(); };
    CHECK(count([&] { s.model.value(s.work, s.theta, s.batch); }) == 1 + 2 * 1);
    CHECK(count([&] { s.model.gradient(s.work, s.theta, s.batch, g); }) == 2 + 2 * 3);
    CHECK(count([&] { s.at(); }) == 2 + 2 * 3);
    const Point<double> point = s.at();
    CHECK(count([&] { point.hessian(V, R); }) == 2 + 2 * 6);
    CHECK(count([&] { point.gauss_newton(V, R); }) == 2 + 2 * 4);
    CHECK(count([&] { point.fisher(Fisher::exact, V, R); }) == 2 + 2 * 4);
    CHECK(count([&] { point.fisher(Fisher::empirical, V, R); }) == 2 + 2 * 4);
    CHECK(count([&] { point.fisher(Fisher::sampled, V, R); }) == 2 + 2 * 4);
    CHECK(count([&] { point.jacobian(V, z); }) == 1 + 2 * 2);
    CHECK(count([&] { point.jacobian_transpose(z, R); }) == 1 + 2 * 2);
    CHECK(count([&] { point.curvature(V); }) == 1 + 2 * 3);
    CHECK(count([&] { point.gauss_newton_curvature(V); }) == 1 + 2 * 2);
    CHECK(count([&] { point.loss_slopes(V, slopes); }) == 1 + 2 * 2);
}

TEST_CASE("a pull between activations takes one product per layer") {
    Options options;
    options.taps = {"h1", "h2", "logits"};
    Setup<double> s(dense({3, 5, 4, 6}), 7, options);
    const Point<double> point = s.at();
    Mat<double> U(6, 7), h1(5, 7), h2(4, 7);
    U.setOnes();
    const Node a = s.model.node("h1"), b = s.model.node("h2"), z = s.model.node("logits");
    CHECK(products_of(s, [&] { point.pull(z, U, b, h2); }).size() == 1);
    CHECK(products_of(s, [&] { point.pull(z, U, a, h1); }).size() == 2);
    CHECK(products_of(s, [&] { point.push(a, h1, b, h2); }).size() == 1);
    // Ablating a hidden unit costs the layers above it.
    CHECK(products_of(s, [&] {
              point.replay({{b, Mat<double>::Zero(4, 1), {}, {}}}, z, U);
          }).size() == 1);
}

TEST_CASE("recomputing tiers pay their products, and once per block") {
    const auto count = [](std::size_t limit, Index width) {
        Options options;
        options.memory_limit = limit;
        Setup<double> s(dense({3, 5, 4, 6}), 7, options);
        const Mat<double> V = directions(s.size(), width);
        Mat<double> R(s.size(), width);
        const Point<double> point = s.at();
        return products_of(s, [&] { point.hessian(V, R); }).size();
    };
    CHECK(count(std::size_t{4} << 30, 1) == 14);
    // Adjoint chain: one product for each of two layers; values: three more.
    CHECK(count(0, 1) == 14 + 2 + 3);
    // With room for the partial sums of three tangents, the recomputation is paid once.
    CHECK(count(100000, 3) == 3 * 14 + 2 + 3);
    CHECK(count(0, 3) == 3 * (14 + 2 + 3));
    Graph<double> g;
    const auto loss = dense({3, 5, 4, 6}).build(g);
    CHECK(count(Plan<double>(g, loss, {}).chunk_bytes(), 1) == 14 + 2);
}

TEST_CASE("declared flops are those of the products that run") {
    for (const Network& candidate : all_networks()) {
        INFO(candidate.name);
        Setup<double> s(candidate, 9);
        const Index P = s.size();
        const Mat<double> V = directions(P, 1);
        Mat<double> R(P, 1);
        Vec<double> g(P);
        CHECK(flops(products_of(s, [&] { s.model.gradient(s.work, s.theta, s.batch, g); })) ==
              s.model.gradient_flops(9));
        const Point<double> point = s.at();
        CHECK(flops(products_of(s, [&] { point.hessian(V, R); })) ==
              s.model.product_flops(Product::hessian, 9));
        CHECK(flops(products_of(s, [&] { point.curvature(V); })) ==
              s.model.product_flops(Product::curvature, 9));
        if (s.model.plan().loss_ops().empty()) continue;
        CHECK(flops(products_of(s, [&] { point.gauss_newton(V, R); })) ==
              s.model.product_flops(Product::gauss_newton, 9));
        // Never more than twice the gradient.
        CHECK(s.model.product_flops(Product::hessian, 9) <= 2 * s.model.gradient_flops(9));
    }
}

TEST_CASE("the flops of known workloads are those of the cost table") {
    struct Row {
        Network network;
        Index P, samples;
        double gradient, hessian, gauss_newton, curvature;  // Mflop
    };
    const auto mlp = [](int depth) {
        std::vector<Index> widths = {2};
        for (int i = 0; i < depth; ++i) widths.push_back(128);
        widths.push_back(97);
        return dense(widths);
    };
    const Row rows[] = {{mlp(2), 29409, 941, 163.6, 326.2, 217.8, 163.1},
                        {mlp(4), 62433, 941, 348.6, 696.2, 464.4, 348.1},
                        {mlp(7), 111969, 941, 626.1, 1251.2, 834.5, 625.6},
                        {embed_concat(false), 109297, 64, 36.3, 72.5, 48.4, 36.3},
                        {embed_concat(false), 109297, 10215, 5790, 11579, 7720, 5790}};
    for (const Row& row : rows) {
        INFO(row.P, " parameters, ", row.samples, " samples");
        Graph<double> g;
        const auto loss = row.network.build(g);
        const Model<double> model(g, loss);
        CHECK(model.size() == row.P);
        const double unit = row.gradient > 1000 ? 1 : 0.1;  // of the table's last digit
        const auto near = [&](double flop, double table) {
            CHECK(std::abs(flop / 1e6 - table) <= 0.5001 * unit);
        };
        near(model.gradient_flops(row.samples), row.gradient);
        near(model.product_flops(Product::hessian, row.samples), row.hessian);
        near(model.product_flops(Product::gauss_newton, row.samples), row.gauss_newton);
        near(model.product_flops(Product::curvature, row.samples), row.curvature);
    }
    Graph<double> g;
    const auto loss = embed_concat(true).build(g);
    CHECK(Model<double>(g, loss).gradient_flops(10215) == doctest::Approx(1817e6).epsilon(3e-4));
}

TEST_CASE("no plane of a lane is read after another took its memory") {
    for (const Network& candidate : all_networks()) {
        Graph<double> g;
        const auto loss = candidate.build(g);
        const Plan<double> plan(g, loss, {});
        const Scheduler<double> scheduler(plan);
        for (const bool keep : {false, true}) {
            INFO(candidate.name, ", gradient, keep ", keep);
            const Schedule<double> schedule = scheduler.gradient(keep);
            LaneCheck lane(plan, schedule);
            lane.run(schedule.up, "adjoint");
            lane.read(schedule.value[static_cast<std::size_t>(plan.loss())], plan.loss(), "value");
            lane.write(schedule.loss_adjoint, plan.loss(), "adjoint");
            lane.run(schedule.down, "adjoint");
        }
        for (const Product product : kProducts) {
            const bool needs_loss_op =
                product != Product::hessian && product != Product::curvature &&
                product != Product::loss_slopes && product != Product::fisher_empirical;
            if (needs_loss_op && plan.loss_ops().empty()) continue;
            INFO(candidate.name, ", product ", static_cast<int>(product));
            const Schedule<double> schedule = scheduler.product(product);
            LaneCheck lane(plan, schedule);
            const auto at = [](Node id) { return static_cast<std::size_t>(id); };
            if (product == Product::jacobian_transpose) {
                const Node z = plan.node(plan.loss_ops()[0]).inputs[0];
                lane.write(schedule.dotted[at(z)], z, "dotted");
                for (const Node id : plan.loss_ops()) {
                    lane.write(schedule.dotted[at(plan.node(id).inputs[0])],
                               plan.node(id).inputs[0], "dotted");
                }
            }
            lane.run(schedule.up, "dotted");
            if (product == Product::fisher_empirical) {
                auto ends = plan.loss_ops();
                if (ends.empty()) ends = {plan.loss()};
                for (const Node end : ends) {
                    lane.read(schedule.tangent[at(end)], end, "tangent");
                    lane.write(schedule.dotted[at(end)], end, "dotted");
                }
            }
            lane.run(schedule.turn, "dotted");
            lane.run(schedule.down, "dotted");
            if (product == Product::loss_slopes) {
                lane.read(schedule.tangent[at(plan.loss())], plan.loss(), "tangent");
            }
        }
    }
}

TEST_CASE("structural zeros: constant branches carry nothing") {
    // The first layer of data needs no adjoint of the data, and a frozen layer no products at all.
    Options options;
    options.frozen = {"w1", "b1"};
    Setup<double> s(dense({3, 5, 4, 6}), 7, options);
    const Mat<double> V = directions(s.size(), 1);
    Mat<double> R(s.size(), 1);
    const Point<double> point = s.at();
    CHECK(products_of(s, [&] { point.hessian(V, R); }).size() == 2 + 6);
    // A relu layer keeps its activation and one adjoint: two planes, not four.
    const Network relu_net = Network::of("relu", []<class Scalar>(Graph<Scalar>& g) {
        auto h = g.input("x", 3);
        h = affine(g.parameter("w1", 5, 3), h, g.parameter("b1", 5));
        h = relu(h);
        return cross_entropy(affine(g.parameter("w2", 4, 5), h, g.parameter("b2", 4)),
                             g.tokens("labels"));
    });
    Graph<double> g;
    const auto loss = relu_net.build(g);
    const Plan<double> plan(g, loss, {});
    int values = 0, adjoints = 0;
    for (const auto& node : plan.nodes()) {
        if (node.shape.is_fixed || node.op == nullptr) continue;
        values += node.keeps_value ? 1 : 0;
        adjoints += node.keeps_adjoint ? 1 : 0;
    }
    CHECK(values == 1);    // relu
    CHECK(adjoints == 2);  // of the second affine map (bilinear), and of the loss
}

TEST_CASE("describe lists nodes, bytes and the price of every product") {
    Graph<double> g;
    const auto loss = dense({3, 5, 4, 6}).build(g);
    const std::string text = Model<double>(g, loss).describe(100);
    for (const char* part : {"parameters 74", "samples 100", "w1", "5x3", "cross_entropy",
                             "hessian", "gauss_newton_curvature", "of a gradient"}) {
        INFO(part, " in\n", text);
        CHECK(text.find(part) != std::string::npos);
    }
}
