namespace Casemate.KataPolicy.Tests.Derivation;

/// <summary>Capabilities: the runtime's own, less what the pod drops, and what it adds.</summary>
public sealed class CapabilitiesOfContainerTests
{
    private static CapabilitiesPolicy Of(string lines) => Given.Container(lines).Oci.Process.Capabilities;

    [Fact]
    public void AreTheUsualOnes()
    {
        var capabilities = Of("");

        Assert.Equal(["$(default_caps)"], capabilities.Bounding);
        Assert.Equal(["$(default_caps)"], capabilities.Effective);
        Assert.Equal(["$(default_caps)"], capabilities.Permitted);
        Assert.Empty(capabilities.Inheritable);
        Assert.Empty(capabilities.Ambient);
    }

    [Fact]
    public void AreAll_WhenPrivileged() => Assert.Equal(["$(privileged_caps)"], Of("securityContext: {privileged: true}").Effective);

    [Fact]
    public void AreNone_WhenAllAreDropped() => Assert.Empty(Of("securityContext: {capabilities: {drop: [ALL]}}").Bounding);

    [Fact]
    public void AreThoseAdded_WhenAllAreDropped() =>
        Assert.Equal(["CAP_NET_BIND_SERVICE"], Of("securityContext: {capabilities: {drop: [all], add: [net_bind_service]}}").Bounding);

    [Fact]
    public void LoseWhatIsDropped_EvenIfItIsAddedToo() =>
        Assert.DoesNotContain("CAP_NET_RAW", Of("securityContext: {capabilities: {drop: [NET_RAW], add: [CAP_NET_RAW]}}").Permitted);

    [Fact]
    public void AreRefused_WhenTheirNameIsNotKnown() =>
        Assert.Contains("CAP_FLY", Given.Error("securityContext: {capabilities: {add: [FLY]}}").Message, StringComparison.Ordinal);
}
