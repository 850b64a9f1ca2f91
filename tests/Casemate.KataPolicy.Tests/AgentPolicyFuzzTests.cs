using Casemate.Fuzz;

namespace Casemate.KataPolicy.Tests;

/// <summary>Hostile requests, data and policies end in an answer, never in an exception; run longer by hand with casemate-fuzz.</summary>
public sealed class AgentPolicyFuzzTests
{
    [Theory]
    [InlineData("agent-request", 1500)]
    [InlineData("policy-data", 1500)]
    [InlineData("agent-policy", 60)]
    public void EndsInAnAnswer(string name, int count) =>
        Assert.True(Fuzzer.Run(AgentPolicyTargets.All.Single(target => target.Name == name), count, 4).Refused > 0);
}
