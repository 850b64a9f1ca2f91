namespace Casemate.KataPolicy.Tests;

/// <summary>Every change of an honest request is denied, unless the field is free by design and listed as such.</summary>
public sealed class AttackLibraryTests
{
    [Theory]
    [MemberData(nameof(HonestRequestsTests.Policies), MemberType = typeof(HonestRequestsTests))]
    public void FindsNothing_InAPolicyOfOurs(string name)
    {
        var data = HonestRequestsTests.Sample(name);
        Assert.True(AgentPolicy.TryCompile(AgentPolicyText.Write(data), out var policy, out _));

        var report = AttackLibrary.Try(policy, data, TestContext.Current.CancellationToken);

        Assert.True(report.Holds, string.Join('\n', report.Findings));
        Assert.True(report.Denied > 1000, $"{report}");
    }
}
