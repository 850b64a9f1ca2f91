using System.Text;

namespace Casemate.KataPolicy.Tests;

/// <summary>The JSON of a policy's data is read strictly, and what is refused is named with its place.</summary>
public sealed class PolicyDataTextTests
{
    [Theory]
    [MemberData(nameof(HonestRequestsTests.Policies), MemberType = typeof(HonestRequestsTests))]
    public void ReadsBack_WhatItWrote(string name)
    {
        var text = PolicyDataText.Write(HonestRequestsTests.Sample(name));
        Assert.True(PolicyDataText.TryRead(Encoding.UTF8.GetBytes(text), out var data, out var error), error);
        Assert.Equal(text, PolicyDataText.Write(data));
    }

    [Theory]
    [InlineData("\"sandbox_pidns\"", "\"sandbox_pidn\"", "policy_data.containers[0].sandbox_pidns is missing")]
    [InlineData("\"role\": \"app\"", "\"role\": \"boss\"", "policy_data.containers[1].role must be pause, init, sidecar or app")]
    [InlineData("\"Terminal\": false", "\"Terminal\": 0", "policy_data.containers[0].OCI.Process.Terminal must be true or false")]
    [InlineData("\"guest_pull\": false", "\"guest_pull\": false, \"x\": 1", "policy_data.cluster_config.x is not known")]
    [InlineData("\"name\": \"web\"", "\"name\": null", "policy_data.containers[1].name must be a string, and is null")]
    public void NamesThePlace_OfWhatIsWrong(string old, string changed, string wanted)
    {
        var text = PolicyDataText.Write(SamplePolicies.Web);
        var compact = text.Replace("\":", "\": ", StringComparison.Ordinal).Replace("\":  ", "\": ", StringComparison.Ordinal);
        var at = compact.IndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0, compact);
        var bytes = Encoding.UTF8.GetBytes(compact[..at] + changed + compact[(at + old.Length)..]);
        Assert.False(PolicyDataText.TryRead(bytes, out _, out var error));
        Assert.Equal(wanted, error);
    }

    [Fact]
    public void RefusesTheSameMemberTwice() => Assert.False(PolicyDataText.TryRead("{\"containers\":[],\"containers\":[]}"u8.ToArray(),
        out _, out _));
}
