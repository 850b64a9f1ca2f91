using System.Text;
using System.Text.Json.Nodes;

namespace Casemate.Rego.Tests.Agent;

public sealed class AgentPolicyTests
{
    private static readonly CompiledPolicy Compiled = Policy.Compile(AgentPolicy.Text(), RegoVersion.V0);
    private static readonly PreparedQuery CreateContainer = Compiled.Prepare("data.agent_policy.CreateContainerRequest");

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    public void Allows_EachContainer_AndSaysWhatToRemember(int container)
    {
        var result = CreateContainer.EvaluateJson(Utf8(AgentPolicy.Request(container)));

        var decision = Assert.IsType<RegoObject>(result.Value);
        Assert.Same(RegoValue.True, decision["allowed"]);
        var next = RegoState.Initial.TryApply(decision["ops"]!, out var error);
        Assert.Null(error);
        Assert.Equal(
            $"{{\"pstate\":{{\"c{container}-{AgentPolicy.BundleId}\":{container},\"sandbox_name\":\"shop-7d4c9-x2x4z\"}}}}",
                next!.Data.ToJson());
    }

    [Theory]
    [InlineData("OCI/Version", "\"1.2.0\"")]
    [InlineData("OCI/Root/Readonly", "false")]
    [InlineData("OCI/Root/Path", "\"/tmp/rootfs\"")]
    [InlineData("OCI/Hooks", "{}")]
    [InlineData("OCI/Process/Args/0", "\"/bin/sh\"")]
    [InlineData("OCI/Process/Args/1", "\"--pod=other\"")]
    [InlineData("OCI/Process/Env/0", "\"LD_PRELOAD=/tmp/evil.so\"")]
    [InlineData("OCI/Process/User/UID", "0")]
    [InlineData("OCI/Process/User/AdditionalGids/0", "0")]
    [InlineData("OCI/Process/Capabilities/Bounding/0", "\"CAP_SYS_ADMIN\"")]
    [InlineData("OCI/Mounts/20/source", "\"/etc/shadow\"")]
    [InlineData("OCI/Mounts/20/destination", "\"/etc\"")]
    [InlineData("OCI/Mounts/20/options/2", "\"rw\"")]
    [InlineData("OCI/Linux/MaskedPaths/0", "\"/nothing\"")]
    [InlineData("OCI/Linux/Sysctl/kernel.core_pattern", "\"|/tmp/x\"")]
    [InlineData("OCI/Linux/Namespaces/0/Path", "\"/proc/1/ns/ipc\"")]
    [InlineData("OCI/Annotations/io.kubernetes.cri.sandbox-id", "\"short\"")]
    [InlineData("OCI/Annotations/unknown", "\"x\"")]
    [InlineData("storages/0/options/0", "\"0000\"")]
    [InlineData("sandbox_pidns", "true")]
    public void Denies_EachSingleChange(string path, string json)
    {
        var request = AgentPolicy.Request(4);
        var names = path.Split('/');
        JsonNode node = request;
        foreach (var name in names[..^1])
        {
            node = int.TryParse(name, out var i) ? node[i]! : node[name]!;
        }

        if (int.TryParse(names[^1], out var index))
        {
            node[index] = JsonNode.Parse(json);
        }
        else
        {
            node[names[^1]] = JsonNode.Parse(json);
        }

        var result = CreateContainer.EvaluateJson(Utf8(request));

        Assert.Null(result.Error);
        Assert.Same(RegoValue.False, Assert.IsType<RegoObject>(result.Value)["allowed"]);
    }

    [Fact]
    public void Explains_TheDenial_ByTheMountAtFault()
    {
        var request = AgentPolicy.Request(4);
        request["OCI"]!["Process"]!["Cwd"] = "/root";
        Assert.True(RegoValue.TryReadJson(Utf8(request), out var input, out _));

        var explanation = Assert.Single(CreateContainer.Explain(input, null, null, out var result));

        Assert.Same(RegoValue.False, ((RegoObject)result.Value!)["allowed"]);
        var line = explanation.ToLine();
        Assert.Contains("allow_process(p_oci.Process, i_oci.Process, name)", line, StringComparison.Ordinal);
        Assert.Contains("p_process.Cwd == i_process.Cwd (p_process.Cwd = \"/\", i_process.Cwd = \"/root\")", line,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Prints_SayHowFarTheRequestCame()
    {
        var result = CreateContainer.EvaluateJson(Utf8(AgentPolicy.Request(1)), default, new RegoEvaluation { CollectPrints = true });

        Assert.Equal(
            [$"CreateContainerRequest: container c1-{AgentPolicy.BundleId}", "CreateContainerRequest: trying container 0",
                "CreateContainerRequest: trying container 1", "CreateContainerRequest: allowed 1",
                    "CreateContainerRequest: trying container 2",
                "CreateContainerRequest: trying container 3", "CreateContainerRequest: trying container 4"],
            result.Prints);
    }

    [Fact]
    public void State_DecidesLaterRequests()
    {
        Assert.True(RegoValue.TryReadJson("{\"pstate\": {\"sandbox_name\": \"other\"}}"u8.ToArray(), out var data, out _));
        Assert.True(RegoValue.TryReadJson(Utf8(AgentPolicy.Request(0)), out var input, out _));

        Assert.Same(RegoValue.False, ((RegoObject)CreateContainer.Evaluate(input, data).Value!)["allowed"]);
    }

    [Fact]
    public void Decisions_AreTheSame_FromSeveralThreads()
    {
        var inputs = Enumerable.Range(0, 5).Select(i => Utf8(AgentPolicy.Request(i))).ToArray();

        Parallel.For(0, 200, i =>
        {
            var decision = (RegoObject)CreateContainer.EvaluateJson(inputs[i % 5]).Value!;
            Assert.Same(RegoValue.True, decision["allowed"]);
        });
    }

    private static byte[] Utf8(JsonNode request) => Encoding.UTF8.GetBytes(request.ToJsonString());
}
