using Casemate.Testing;

namespace Casemate.EndToEnd.Tests.Cluster;

/// <summary>When the suite for a real cluster runs, and what it says when it does not.</summary>
public sealed class ClusterSettingsTests
{
    [Theory]
    [InlineData(null, "i", null, "no cluster is named: set CASEMATE_E2E_KUBECONFIG")]
    [InlineData("", "i", null, "no cluster is named: set CASEMATE_E2E_KUBECONFIG")]
    [InlineData("/nowhere/config", "i", null, "CASEMATE_E2E_KUBECONFIG names /nowhere/config, which is not there")]
    [InlineData("here", null, null, "no image is named: set CASEMATE_E2E_IMAGE")]
    [InlineData("here", "i", "fake", "CASEMATE_E2E_HARDWARE is 'fake': use real or described")]
    public void WithoutACluster_ItSaysWhatToSet(string? kubeconfig, string? image, string? hardware, string reason)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("config"), "");

        var why = Read(kubeconfig == "here" ? directory.File("config") : kubeconfig, image, hardware, out var settings);

        Assert.StartsWith(reason, why, StringComparison.Ordinal);
        Assert.Null(settings);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("described", false)]
    [InlineData("real", true)]
    public void WithACluster_ItRuns(string? hardware, bool real)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("config"), "");

        Assert.Null(Read(directory.File("config"), "example.com/casemate:1", hardware, out var settings));
        Assert.Equal(("example.com/casemate:1", real), (settings!.Image, settings.RealHardware));
    }

    private static string? Read(string? kubeconfig, string? image, string? hardware, out ClusterSettings? settings) => ClusterSettings.Read(
        name => name switch
        {
            "CASEMATE_E2E_KUBECONFIG" => kubeconfig,
            "CASEMATE_E2E_IMAGE" => image,
            _ => hardware,
        },
        out _, out settings);
}
