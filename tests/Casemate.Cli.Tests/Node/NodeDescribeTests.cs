using System.Text.Json;
using Casemate.Cli.Node;
using Casemate.Node.Machines;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Node;

/// <summary><c>casemate node describe</c> and <c>casemate node machines</c> at the command line.</summary>
public sealed class NodeDescribeTests
{
    public static TheoryData<string> Machines => [.. DescribedMachine.Names];

    public static TheoryData<string> Flags => [.. NodeSettings.Describe.Select(setting => setting.Flag)];

    [Theory]
    [MemberData(nameof(Machines))]
    public void EveryMachine_IsDescribed_InEveryFormat(string name)
    {
        var text = CommandLine.Run("node", "describe", "--simulate", name);
        var yaml = CommandLine.Run("node", "describe", "--simulate", name, "-o", "yaml");
        using var json = JsonDocument.Parse(CommandLine.Run("node", "describe", "--simulate", name, "-o", "json").Output);

        Assert.Equal((ExitCode.Success, ""), (text.ExitCode, text.Error));
        Assert.StartsWith($"Machine: {name} (SIMULATED", text.Output, StringComparison.Ordinal);
        Assert.All(text.Lines, line => Assert.True(line.Length <= 120, line));
        Assert.Contains($"machine: \"{name}\"\n", yaml.Output, StringComparison.Ordinal);
        Assert.EndsWith("\n", yaml.Output, StringComparison.Ordinal);
        Assert.Equal("casemate/v1", json.RootElement.GetProperty("apiVersion").GetString());
        Assert.True(json.RootElement.GetProperty("simulated").GetBoolean());
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void EveryMachine_IsListed_HereAndInTheHandbook(string name)
    {
        Assert.Contains(CommandLine.Run("node", "machines").Lines, line => line.StartsWith(name + " ", StringComparison.Ordinal));
        Assert.Contains($"\n| `{name}` | ", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Machines_AsJson_HaveNameAndTitle()
    {
        using var json = JsonDocument.Parse(CommandLine.Run("node", "machines", "-o", "json").Output);

        Assert.Equal(DescribedMachine.Names,
            json.RootElement.GetProperty("machines").EnumerateArray().Select(m => m.GetProperty("name").GetString()!));
        Assert.All(json.RootElement.GetProperty("machines").EnumerateArray(), m => Assert.NotEqual("", m.GetProperty("title").GetString()));
    }

    [Theory]
    [MemberData(nameof(Flags))]
    public void EverySetting_IsInTheHandbook_WithItsVariable(string flag)
    {
        var setting = NodeSettings.Describe.Single(s => s.Flag == flag);

        Assert.Matches($@"(?m)^\| `{flag}[ `].*\| `{setting.Variable}` \|", Page);
    }

    [Fact]
    public void Enforcement_IsSaid_WhereTheKernelCould()
    {
        using var json = JsonDocument.Parse(CommandLine.Run("node", "describe", "--simulate", "xeon-epc-cgroup", "-o", "json").Output);
        Assert.Equal("Off", json.RootElement.GetProperty("epcEnforcement").GetProperty("state").GetString());

        using var named = JsonDocument.Parse(CommandLine.Run(
            "node", "describe", "--simulate", "xeon-epc-cgroup", "--nri-socket", "/nowhere/nri.sock", "-o", "json").Output);
        Assert.Equal("NoRuntime", named.RootElement.GetProperty("epcEnforcement").GetProperty("state").GetString());
        Assert.EndsWith(
            "the runtime has no NRI socket at /nowhere/nri.sock.",
            named.RootElement.GetProperty("epcEnforcement").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains(
            "  enforcement", CommandLine.Run("node", "describe", "--simulate", "xeon-epc-cgroup").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dc2s_v3")]
    [InlineData("no-tee")]
    public void Enforcement_IsNotPromised_WhereTheKernelCannot(string machine)
    {
        using var json = JsonDocument.Parse(CommandLine.Run(
            "node", "describe", "--simulate", machine, "--nri-socket", "/nowhere/nri.sock", "--epc-enforcement", "on", "-o", "json").Output);

        Assert.Equal(
            machine == "no-tee" ? null : "NoController",
            json.RootElement.TryGetProperty("epcEnforcement", out var said) ? said.GetProperty("state").GetString() : null);
    }

    [Theory]
    [InlineData("--epc-enforcement", "maybe", "--epc-enforcement 'maybe' is no choice")]
    [InlineData("--epc-enforcement", "on", "--epc-enforcement on and --simulate are both given")]
    public void RefusesChoices_ThatMakeNoSense(string flag, string value, string expected)
    {
        var result = CommandLine.Run("node", "describe", "--simulate", "xeon-epc-cgroup", flag, value);

        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesEnforcement_WithoutASocket()
    {
        var result = CommandLine.Run("node", "describe", "--epc-enforcement", "on", "--nri-socket", "off");

        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Contains("the runtime's NRI socket is switched off", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ThisMachine_IsDescribed_AndNotCalledSimulated()
    {
        using var json = JsonDocument.Parse(CommandLine.Run("node", "describe", "-o", "json").Output);

        Assert.Equal("this machine", json.RootElement.GetProperty("machine").GetString());
        Assert.False(json.RootElement.GetProperty("simulated").GetBoolean());
    }

    [Fact]
    public void ASysRoot_IsLookedAt()
    {
        using var root = new TemporaryDirectory();
        Directory.CreateDirectory(root.File("sys/devices/system/node/node0/x86"));
        File.WriteAllText(root.File("sys/devices/system/node/node0/x86/sgx_total_bytes"), "58720256\n");

        using var json = JsonDocument.Parse(CommandLine.Run("node", "describe", "--sys-root", root.Path, "-o", "json").Output);

        Assert.Equal(58_720_256, json.RootElement.GetProperty("sgx").GetProperty("epcBytes").GetInt64());
        Assert.Equal("None", json.RootElement.GetProperty("plan").GetProperty("frontEnd").GetString());
    }

    [Theory]
    [InlineData("kubernetes.azure.com/sgx_epc_mem_in_MiB", 32_768, "--epc-resource", "azure")]
    [InlineData("alibabacloud.com/sgx_epc_MiB", 32_768, "--epc-resource", "alibabacloud.com/sgx_epc_MiB")]
    [InlineData("sgx.intel.com/epc", 34_342_961_152, "--epc-reserve-mib", "16")]
    [InlineData("epc-0", 32_768, "--dra")]
    public void Settings_ChangeWhatIsOffered(string name, long count, params string[] settings)
    {
        using var json = JsonDocument.Parse(CommandLine.Run(["node", "describe", "--simulate", "dc8s_v3", "-o", "json",
            .. settings]).Output);
        var first = json.RootElement.GetProperty("plan").GetProperty("resources")[0];

        Assert.Equal((name, count), (first.GetProperty("name").GetString(), first.GetProperty("count").GetInt64()));
    }

    [Theory]
    [InlineData("snp-guest")]
    [InlineData("tdx-guest")]
    public void AGuestsDevice_IsOfferedByDraAlone(string machine)
    {
        using var with = JsonDocument.Parse(CommandLine.Run("node", "describe", "--simulate", machine, "-o", "json", "--dra").Output);
        using var without = JsonDocument.Parse(CommandLine.Run("node", "describe", "--simulate", machine, "-o", "json").Output);

        var offered = Assert.Single(with.RootElement.GetProperty("plan").GetProperty("resources").EnumerateArray().ToList());
        Assert.Equal((machine, "ResourceSlice"), (offered.GetProperty("name").GetString(), offered.GetProperty("carrier").GetString()));
        Assert.Empty(without.RootElement.GetProperty("plan").GetProperty("resources").EnumerateArray());
        Assert.Contains(
            without.RootElement.GetProperty("plan").GetProperty("reasons").EnumerateArray(),
            reason => reason.GetString()!.EndsWith("is offered by DRA alone.", StringComparison.Ordinal));
    }

    [Fact]
    public void AVariable_StandsInForAFlag()
    {
        var environment = new Dictionary<string, string> { ["CASEMATE_SIMULATE"] = "dc8_v2", ["CASEMATE_TAINT"] = "family,aks-engine" };
        var run = CommandLine.RunWith(environment, [], false, "node", "describe");

        Assert.Contains("  kubernetes.azure.com/sgx_epc_mem_in_MiB:NoSchedule", run.Lines);
        Assert.Contains("  openenclave.io/sgx_epc_MiB=true:NoSchedule", run.Lines);
    }

    [Theory]
    [InlineData("no machine is named 'dc8_v4'\n  Did you mean 'dc8_v2'?", "--simulate", "dc8_v4")]
    [InlineData("no machine is named 'mainframe'\n  'casemate node machines' lists them", "--simulate", "mainframe")]
    [InlineData("--simulate and --sys-root are both given", "--simulate", "dc8_v2", "--sys-root", "/")]
    [InlineData("--epc-resource 'sgx.intel.com/epcs' is no name of EPC", "--epc-resource", "sgx.intel.com/epcs")]
    [InlineData("--epc-device-limit-mib '16385' is no number from 0 to 16384", "--epc-device-limit-mib", "16385")]
    [InlineData("--epc-reserve-mib '1Gi' is no number", "--epc-reserve-mib", "1Gi")]
    [InlineData("--enclave-count '-1' is no number", "--enclave-count=-1")]
    [InlineData("--taint 'all' is no taint", "--taint", "all")]
    [InlineData("dra and epc-resource are both set", "--dra", "--epc-resource", "azure")]
    public void WhatMakesNoSense_IsAUsageError_ThatSaysWhatToWrite(string expected, params string[] arguments)
    {
        var run = CommandLine.Run(["node", "describe", .. arguments]);

        Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("casemate: " + expected, run.Error, StringComparison.Ordinal);
        Assert.True(run.Error.Split('\n').Length >= 3, run.Error);
    }

    [Theory]
    [InlineData("--simulate", "./no/such/directory")]
    [InlineData("--sys-root", "/no/such/directory")]
    public void ADirectoryThatIsNotThere_IsBadInput(string flag, string path) =>
        Assert.Equal(ExitCode.BadInput, CommandLine.Run("node", "describe", flag, path).ExitCode);

    [Fact]
    public void AWrongValue_IsToldWithWhereItStands_WhereThatIsNoFlag()
    {
        using var directory = new TemporaryDirectory();
        var file = directory.File("settings.yaml");
        File.WriteAllText(file, "# of this node\nepc-reserve-mib: many\n");
        var variable = new Dictionary<string, string> { ["CASEMATE_EPC_RESERVE_MIB"] = "more" };

        var typed = CommandLine.Run("node", "describe", "--epc-reserve-mib", "some", "--config", file);
        var set = CommandLine.RunWith(variable, [], false, "node", "describe", "--config", file);
        var written = CommandLine.Run("node", "describe", "--config", file);

        Assert.Equal([ExitCode.Usage, ExitCode.Usage, ExitCode.Usage], (int[])[typed.ExitCode, set.ExitCode, written.ExitCode]);
        Assert.DoesNotContain("comes from", typed.Error, StringComparison.Ordinal);
        Assert.Contains("--epc-reserve-mib 'more' is no number", set.Error, StringComparison.Ordinal);
        Assert.Contains("--epc-reserve-mib comes from the environment: CASEMATE_EPC_RESERVE_MIB\n", set.Error, StringComparison.Ordinal);
        Assert.Contains("--epc-reserve-mib 'many' is no number", written.Error, StringComparison.Ordinal);
        Assert.Contains($"--epc-reserve-mib comes from {file}:2\n", written.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void TheFirmwaresVariables_AreNotPromised_WithoutCdi()
    {
        var run = CommandLine.Run("node", "describe", "--simulate", "dc8s_v3", "--dcap-infrastructure");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.StartsWith("casemate: --dcap-infrastructure is set without --cdi-dir", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AMalformedMachine_IsBadInput_WithItsLine()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("dev.txt"), "char /dev/sgx_enclave\n");
        var run = CommandLine.Run("node", "describe", "--simulate", directory.Path);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("dev.txt, line 1", run.Error, StringComparison.Ordinal);
    }

    private static string Page => File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "node.md"));
}
