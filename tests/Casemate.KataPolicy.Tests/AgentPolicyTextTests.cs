using Casemate.Rego;

namespace Casemate.KataPolicy.Tests;

/// <summary>The text of a policy: the same everywhere, read by all engines, small, and with its data at the end.</summary>
public sealed class AgentPolicyTextTests
{
    [Theory]
    [MemberData(nameof(HonestRequestsTests.Policies), MemberType = typeof(HonestRequestsTests))]
    public void IsWellFormed_AndSmall(string name)
    {
        var check = PolicyCheck.Of(AgentPolicyText.Write(HonestRequestsTests.Sample(name)));
        Assert.Empty(check.Problems);
        Assert.True(check.LongestLine < AgentPolicyText.LineLimit, $"{check.LongestLine}");
        // One container beside pause; each further one with an image of its own adds under a kilobyte.
        Assert.True(check.CompressedBytes <= (name == "Layered" ? 16 : 13) * 1024, $"{check.CompressedBytes}");
    }

    [Theory]
    [MemberData(nameof(HonestRequestsTests.Policies), MemberType = typeof(HonestRequestsTests))]
    public void IsReadAlike_InBothDialects(string name)
    {
        var data = HonestRequestsTests.Sample(name);
        Assert.True(AgentPolicy.TryCompile(AgentPolicyText.Write(data), out var policy, out var errors, RegoVersion.V1), string.Join('\n',
            errors));
        var state = RegoState.Initial;
        foreach (var request in HonestRequests.Of(data))
        {
            var decision = policy.Decide(state, request);
            Assert.True(decision.Allowed, decision.Message);
            state = decision.State;
        }
    }

    [Fact]
    public void IsTheSame_EachTime() => Assert.Equal(AgentPolicyText.Write(SamplePolicies.Web), AgentPolicyText.Write(SamplePolicies.Web));

    [Fact]
    public void HoldsTheData_AsItsLastStatement()
    {
        Assert.True(PolicyDataText.TryReadPolicy(AgentPolicyText.Write(SamplePolicies.Layered), out var data, out var error), error);
        Assert.Equal(PolicyDataText.Write(SamplePolicies.Layered), PolicyDataText.Write(data));
    }

    [Fact]
    public void HasNoRules_ThatThePodCannotReach()
    {
        var text = AgentPolicyText.Write(SamplePolicies.Layered);
        Assert.DoesNotContain("image_guest_pull=", text, StringComparison.Ordinal);
        Assert.DoesNotContain("exec_ok", text, StringComparison.Ordinal);
        Assert.DoesNotContain("vfio :=", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_ThatItAllowsWhatItDenies()
    {
        var text = AgentPolicyText.Write(SamplePolicies.Web, allowRequestsFailingPolicy: true);
        Assert.StartsWith("# WARNING", text, StringComparison.Ordinal);
        Assert.Contains(PolicyCheck.Of(text).Problems, problem => problem.Contains("AllowRequestsFailingPolicy", StringComparison.Ordinal));
    }

    [Fact]
    public void ADenialThatNoRuleExplains_SaysSo()
    {
        Assert.True(AgentPolicy.TryCompile("package agent_policy\n\ndefault ReadStreamRequest := false\n", out var policy, out _));
        Assert.True(AgentRequest.TryRead("ReadStreamRequest", "{}"u8.ToArray(), out var request, out _));

        var decision = policy.Decide(Rego.RegoState.Initial, request);

        Assert.Equal((false, false), (decision.Allowed, decision.IsError));
        Assert.Equal("ReadStreamRequest is blocked by policy: no rule of it allows this, and none says why", decision.Message);
    }

    [Fact]
    public void IsNotWritten_ForDataThatContradictsItself()
    {
        var web = SamplePolicies.Web.Containers[1];
        var twice = SamplePolicies.Web with { Containers = [SamplePolicies.Web.Containers[0], web, web] };
        Assert.Contains("two containers", Assert.Throws<ArgumentException>(() => AgentPolicyText.Write(twice)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void NamesFunctions_ThatTheAgentsEngineLacks() => Assert.Contains(
        PolicyCheck.Of("package agent_policy\nCreateContainerRequest { time.now_ns() > 0 }\n").Problems,
        problem => problem.Contains("'time.now_ns'", StringComparison.Ordinal));

    [Theory]
    [InlineData("")]
    [InlineData("package agent_policy\n")]
    [InlineData("package agent_policy\nCreateContainerRequest {")]
    public void FindsProblems_InWhatIsNoPolicy(string text) => Assert.NotEmpty(PolicyCheck.Of(text).Problems);
}
