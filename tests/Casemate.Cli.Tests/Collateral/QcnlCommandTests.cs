using System.Text.Json;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Collateral;

/// <summary><c>casemate collateral qcnl</c>.</summary>
public sealed class QcnlCommandTests : IDisposable
{
    private const string Url = "https://pccs.example:8081/sgx/certification/v4/";
    private readonly TemporaryDirectory _directory = new();

    private string File => _directory.File("sgx_default_qcnl.conf");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Writes_WhatItsOwnLintAccepts()
    {
        var run = CommandLine.Run(
            "collateral", "qcnl", "write", Url, "--out", File, "--cache-hours", "24", "--tcb-update", "early", "--retries", "3");
        CollateralSite.AssertSuccess(run);

        using var json = JsonDocument.Parse(System.IO.File.ReadAllText(File));
        Assert.Equal(Url, json.RootElement.GetProperty("pccs_url").GetString());
        Assert.True(json.RootElement.GetProperty("use_secure_cert").GetBoolean());
        Assert.Equal("early", json.RootElement.GetProperty("tcb_update_type").GetString());
        Assert.Equal(3, json.RootElement.GetProperty("retry_times").GetInt32());
        Assert.Equal(24, json.RootElement.GetProperty("pck_cache_expire_hours").GetInt32());
        Assert.True(OperatingSystem.IsWindows() || System.IO.File.GetUnixFileMode(File).HasFlag(UnixFileMode.OtherRead));

        var lint = CommandLine.Run("collateral", "qcnl", "lint", File);
        CollateralSite.AssertSuccess(lint);
        Assert.Empty(lint.Output);
    }

    [Fact]
    public void Writes_ToStandardOutput_WithoutAFile()
    {
        var run = CommandLine.Run("collateral", "qcnl", "write", Url);

        CollateralSite.AssertSuccess(run);
        using var json = JsonDocument.Parse(run.Output);
        Assert.False(json.RootElement.TryGetProperty("pck_cache_expire_hours", out _));
    }

    [Fact]
    public void Writes_TheMetadataServiceOfAzure_ForPckCertificates()
    {
        CollateralSite.AssertSuccess(CommandLine.Run(
            "collateral", "qcnl", "write", Url, "--azure", "--cache-hours", "24", "--out", File));

        using var json = JsonDocument.Parse(System.IO.File.ReadAllText(File));
        Assert.StartsWith("http://169.254.169.254/", json.RootElement.GetProperty("local_pck_url").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            "true", json.RootElement.GetProperty("custom_request_options").GetProperty("get_cert").GetProperty("headers")
                .GetProperty("metadata").GetString());
        var lint = CommandLine.Run("collateral", "qcnl", "lint", File);
        CollateralSite.AssertSuccess(lint);
        Assert.Empty(lint.Output);
    }

    [Fact]
    public void Warns_WhenAnyCertificateIsAccepted()
    {
        var run = CommandLine.Run("collateral", "qcnl", "write", Url, "--accept-any-certificate");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("warning: use_secure_cert", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pccs.example")]
    [InlineData("https://pccs.example:8081/")]
    [InlineData("ftp://pccs.example/sgx/certification/v4/")]
    public void Refuses_ToWriteWhatTheLibraryWouldNotUnderstand(string url)
    {
        var run = CommandLine.Run("collateral", "qcnl", "write", url, "--out", File);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("pccs_url", run.Error, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public void Lints_WithLineAndKey()
    {
        System.IO.File.WriteAllText(File, "{\n  \"pccs_url\": \"https://pccs.example/\",\n  \"use_secure_cert\": false\n}\n");

        var run = CommandLine.Run("collateral", "qcnl", "lint", File);
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains($"{File}: line 2: error: pccs_url", run.Output, StringComparison.Ordinal);
        Assert.Contains($"{File}: line 3: error: use_secure_cert", run.Output, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(CommandLine.Run("collateral", "qcnl", "lint", File, "-o", "json").Output);
        Assert.False(json.RootElement.GetProperty("good").GetBoolean());
        Assert.Equal(2, json.RootElement.GetProperty("findings").GetArrayLength());
    }

    [Fact]
    public void LintFails_WhenAnyCertificateIsAccepted_AndNothingElseIsWrong()
    {
        System.IO.File.WriteAllText(File, $"{{\"pccs_url\": \"{Url}\", \"use_secure_cert\": false}}");

        var run = CommandLine.Run("collateral", "qcnl", "lint", File);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("error: use_secure_cert", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void LintAdvises_AgainstVersion3_AndPasses()
    {
        System.IO.File.WriteAllText(File, "{\"pccs_url\": \"https://pccs.example:8081/sgx/certification/v3/\"}");

        var run = CommandLine.Run("collateral", "qcnl", "lint", File);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("warning: pccs_url: version 3", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_ToWriteVersion3_AndNamesVersion4()
    {
        var run = CommandLine.Run("collateral", "qcnl", "write", "https://pccs.example:8081/sgx/certification/v3/", "--out", File);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("Write https://pccs.example:8081/sgx/certification/v4/ in its place.", run.Error, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public void Says_WhatToDo_WhereTheFileCannotBeWritten()
    {
        var run = CommandLine.Run("collateral", "qcnl", "write", Url, "--out", _directory.File("missing/qcnl.conf"));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains($"there is no directory '{_directory.File("missing")}'", run.Error, StringComparison.Ordinal);
        Assert.Contains("name another file with --out", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_WhatTheLibraryDoesWithoutAFile()
    {
        var run = CommandLine.Run("collateral", "qcnl", "lint", File);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("localhost:8081", run.Error, StringComparison.Ordinal);
    }
}
