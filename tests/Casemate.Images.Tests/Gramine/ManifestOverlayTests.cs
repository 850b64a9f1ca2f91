using System.Text;
using Casemate.Images.Gramine;
using Casemate.Measurement.Enclave;

namespace Casemate.Images.Tests.Gramine;

/// <summary>A user's own settings, merged last: what they add, what they replace, and what they may not do.</summary>
public sealed class ManifestOverlayTests : GramineTestBase
{
    [Fact]
    public async Task AddsAndReplaces_AndSaysWhatItReplaced()
    {
        var plan = await PlanAsync(Command("app"), Overlay(
            """
            sgx.max_threads = 8
            sgx.cpu_features.avx = "required"
            sys.stack.size = "2M"
            loader.env.PATH = "/opt/bin"
            loader.env.NEW = { value = "x" }
            [[fs.mounts]]
            type = "tmpfs"
            path = "/run"
            [[fs.mounts]]
            type = "chroot"
            path = "/tmp"
            uri = "file:/tmp"
            """));

        Assert.Equal(["fs.mounts /tmp", "loader.env.PATH", "sgx.max_threads"],
            plan.Conflicts.Select(conflict => conflict.Key).Order(StringComparer.Ordinal));
        var threads = plan.Conflicts.Single(conflict => conflict.Key == "sgx.max_threads");
        Assert.Equal(("4", "8"), (threads.Generated, threads.Overlay));
        var text = Encoding.UTF8.GetString(plan.Manifest.Span);
        Assert.Contains("[sgx.cpu_features]\navx = \"required\"", text, StringComparison.Ordinal);
        Assert.Contains("{ path = \"/run\", type = \"tmpfs\" }", text, StringComparison.Ordinal);
        Assert.DoesNotContain("{ path = \"/tmp\", type = \"tmpfs\" }", text, StringComparison.Ordinal);
        Assert.True(GramineManifest.TryRead(plan.Manifest.Span, out var manifest, out _));
        Assert.Equal(8U, manifest!.Threads);
    }

    [Fact]
    public async Task ASettingWithTheSameValue_IsNoConflict() =>
        Assert.Empty((await PlanAsync(Command("app"), Overlay("sgx.max_threads = 4\nsgx.debug = false"))).Conflicts);

    [Fact]
    public async Task TrustedFilesOfIt_AreHashedHere()
    {
        var plan = await PlanAsync(Command("app"), Overlay("sgx.trusted_files = [\"file:/srv/data/\", \"file:/etc/passwd\"]"));

        Assert.Contains("/srv/data/a.txt", plan.TrustedFiles.Keys);
        Assert.Contains("/etc/passwd", plan.TrustedFiles.Keys);
    }

    [Fact]
    public async Task AnotherWayToGiveArguments_ReplacesTheGeneratedOne()
    {
        var plan = await PlanAsync(
            Command("app"), Overlay("loader.argv_src_file = \"file:/etc/passwd\"\nsgx.trusted_files = [\"file:/etc/passwd\"]"));

        Assert.Equal("loader.argv", Assert.Single(plan.Conflicts).Key);
        Assert.DoesNotContain("argv = [", Encoding.UTF8.GetString(plan.Manifest.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sgx.trusted_files = [\"file:/none\"]")]
    [InlineData("sgx.trusted_files = [\"file:relative\"]")]
    [InlineData("sgx.trusted_files = [7]")]
    [InlineData("sgx.trusted_files = \"file:/etc/passwd\"")]
    [InlineData("sgx.trusted_files = [{ uri = \"file:/etc/passwd\", sha256 = \"00\" }]")]
    [InlineData("sgx = 3")]
    [InlineData("sgx.debug = { a = 1 }")]
    [InlineData("sgx.enclave_size = \"many\"")]
    [InlineData("sgx.enclave_size = [")]
    public async Task Refuses_WhatContradictsTheImageOrIsMalformed(string overlay) =>
        Assert.Equal(EnclaveImageError.InvalidOverlay, (await RefusedAsync(Command("app"), Overlay(overlay))).Error);

    [Theory]
    [InlineData("sgx.debug = true", "sgx.debug")]
    [InlineData("loader.insecure__use_host_env = true", "loader.insecure__use_host_env")]
    [InlineData("loader.insecure__use_cmdline_argv = true", "loader.insecure__use_cmdline_argv")]
    [InlineData("sgx.allowed_files = [\"file:/srv/\"]", "sgx.allowed_files")]
    [InlineData("sgx.file_check_policy = \"allow_all_but_log\"", "sgx.file_check_policy")]
    [InlineData("loader.env.LD_PRELOAD = { passthrough = true }", "loader.env.LD_PRELOAD")]
    [InlineData("loader.log_level = \"all\"", "loader.log_level")]
    [InlineData("fs.insecure__keys.default = \"00112233445566778899aabbccddeeff\"", "fs.insecure__keys")]
    public async Task Refuses_WhatNoMeasurementShows_UnlessItIsAllowedByName(string overlay, string setting)
    {
        var refused = await RefusedAsync(Command("app"), Overlay(overlay));

        Assert.Equal(EnclaveImageError.InsecureManifest, refused.Error);
        Assert.Contains(setting, refused.Message, StringComparison.Ordinal);
        var allowed = await PlanAsync(Command("app"), Overlay(overlay) with { AllowInsecureManifest = true });
        Assert.Contains(allowed.Notes, note => note.StartsWith("INSECURE", StringComparison.Ordinal));
    }

    private static EnclaveImageOptions Overlay(string text) => Usual with { Overlay = text };
}
