using Casemate.Rego;

namespace Casemate.KataPolicy.Tests;

/// <summary>What an honest host asks for is allowed by the policy that was made for the pod.</summary>
public sealed class HonestRequestsTests
{
    public static TheoryData<string> Policies => ["Web", "Layered", "Devices"];

    [Theory]
    [MemberData(nameof(Policies))]
    public void AreAllowed_FromTheSandboxToItsEnd(string name)
    {
        var data = Sample(name);
        Assert.True(AgentPolicy.TryCompile(AgentPolicyText.Write(data), out var policy, out var errors), string.Join('\n', errors));
        var state = RegoState.Initial;
        foreach (var request in HonestRequests.Of(data))
        {
            var decision = policy.Decide(state, request);
            Assert.True(decision.Allowed,
                $"{request.Kind}: {decision.Message}\n{request.Input.ToJson()}\n{string.Join('\n', policy.Explain(state, request))}");
            state = decision.State;
        }
    }

    internal static PolicyData Sample(string name) => name switch
    {
        "Web" => SamplePolicies.Web,
        "Layered" => SamplePolicies.Layered,
        _ => SamplePolicies.Devices,
    };
}
