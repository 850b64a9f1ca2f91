using System.Text;
using Casemate.Cli.Doctor;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Doctor;

/// <summary><c>casemate doctor node</c> on machines that are described, beside sockets that are the test's.</summary>
public sealed class DoctorNodeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Kubelet => _directory.File("kubelet");

    private string Plugins => Path.Combine(Kubelet, "device-plugins");

    private string Aesm => _directory.File("aesmd/aesm.socket");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("broken-driver-off", "Driver", "failed", "no driver's device node is there", "nosgx")]
    [InlineData("broken-enclave-missing", "DeviceNodes", "failed", "no device node that makes", "udevadm trigger")]
    [InlineData("broken-epc-zero", "Epc", "failed", "no EPC that can be believed", "settings of the virtual machine")]
    [InlineData("broken-directory", "DeviceNodes", "failed", "/dev/sgx_enclave is a directory", "Remove it")]
    [InlineData("broken-vepc-link", "DeviceNodes", "failed", "/dev/sgx_enclave leads to /dev/sgx_vepc", "udevadm")]
    public async Task FindsWhatIsWrongWithTheHardware(string machine, string id, string outcome, string evidence, string fix)
    {
        var run = await RunAsync("--simulate", machine);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        run.Has(id, outcome, evidence, fix);
    }

    [Fact]
    public async Task SaysThatTheFirmwareHasSgxOff()
    {
        // The leaf of EPC sections is empty, and no driver could find any.
        var machine = Copy("broken-driver-off");
        var cpuid = Path.Combine(machine, "cpuid.txt");
        File.WriteAllLines(cpuid, File.ReadAllLines(cpuid).Where(line => !line.Contains("0x00000012 0x02:", StringComparison.Ordinal)));

        (await RunAsync("--simulate", machine + "/")).Has("Firmware", "failed", "CPUID reports no EPC", "");
    }

    [Fact]
    public async Task SaysThatThereIsNoTee() =>
        (await RunAsync("--simulate", "no-tee")).Has(
            "Processor", "failed", "neither CPUID nor the device nodes of no-tee", "TEE");

    [Fact]
    public async Task PassesAGoodMachine_AndSaysThatItIsSimulated()
    {
        var run = await RunAsync("--simulate", "dc2s_v3");

        run.Has("Processor", "passed", "SIMULATED", "");
        run.Has("Firmware", "passed", "EPC", "");
        run.Has("DeviceNodes", "passed", "/dev/sgx_enclave", "");
        run.Has("DeviceModes", "passed", "mode 0666", "");
        run.Has("DeviceModes", "passed", "supplementalGroups: [106]", "");
        Assert.DoesNotContain("failed", run.With("failed").Intersect(["Processor", "Firmware", "Kernel", "Driver", "DeviceNodes", "Epc"]));
    }

    [Theory]
    [InlineData("0660", "supplementalGroups: [77]")]
    [InlineData("0600", "chmod 0666 /dev/sgx_enclave")]
    public async Task WarnsOfModes_ThatKeepPodsWithoutRootOut(string mode, string fix)
    {
        var machine = Copy("dc2s_v3");
        var devices = Path.Combine(machine, "dev.txt");
        File.WriteAllText(devices, File.ReadAllText(devices).Replace(
            "sgx_enclave 10 125 0666 0", $"sgx_enclave 10 125 {mode} 77", StringComparison.Ordinal));

        (await RunAsync("--simulate", machine + "/")).Has("DeviceModes", "warning", $"mode {mode}", fix);
    }

    [Fact]
    public async Task WarnsOfFewInotifyInstances_AndFailsOnFilesThatAreUsedUp()
    {
        var machine = Copy("dc2s_v3");
        Write(machine, "proc/sys/fs/inotify/max_user_instances", "16\n");
        Write(machine, "proc/sys/fs/file-nr", "990\t0\t1000\n");
        var run = await RunAsync("--simulate", machine + "/");

        run.Has("InotifyLimit", "warning", "max_user_instances: 16", "sysctl -w fs.inotify.max_user_instances");
        run.Has("OpenFiles", "failed", "990 of 1000", "sysctl -w fs.file-max=2000");
    }

    [Fact]
    public async Task FindsTwoThatServeQuotes()
    {
        var machine = Copy("dc2s_v3");
        Write(machine, "proc/17/comm", "aesm_service\n");
        Write(machine, "proc/4242/comm", "casemate\n");
        Write(machine, "proc/4242/cmdline", "casemate\0quote-helper\0--provider\0dcap\0");
        Write(machine, "proc/4243/comm", "casemate\n");
        Write(machine, "proc/4243/cmdline", "casemate\0quote-helper\0check\0");

        (await RunAsync("--simulate", machine + "/")).Has(
            "QuoteRivals", "failed", "aesm_service (17), casemate quote-helper (4242)", "systemctl disable --now aesmd");
    }

    [Fact]
    public async Task SaysThatThisIsNoNode()
    {
        var run = await RunAsync("--simulate", "dc2s_v3");

        run.Has("KubeletDirectory", "failed", Plugins, "--kubelet-dir");
        run.Has("PluginSockets", "not-checked", "nothing to look at: there is no directory of a kubelet", "");
    }

    [Fact]
    public async Task EveryQuestion_Stands()
    {
        var run = await RunAsync("--simulate", "no-tee");

        Assert.All(DoctorQuestions.OfNode, id => Assert.NotEmpty(run.Of(id.ToString())));
        run.Has("Epc", "not-checked", "nothing to look at: there is no EPC", "");
    }

    [Theory]
    [InlineData("KubeletDirectory", "--kubelet-dir")]
    [InlineData("KubeletSocket", "--kubelet-dir")]
    [InlineData("PluginSockets", "--kubelet-dir")]
    [InlineData("PluginRivals", "--kubelet-dir")]
    [InlineData("QuoteSocket", "--socket")]
    [InlineData("QuoteHelper", "--socket")]
    [InlineData("EvidenceSocket", "--socket")]
    [InlineData("CollateralFresh", "--collateral")]
    [InlineData("Clock", "--kubeconfig")]
    public async Task DoesNotTakeThePartsOfThisMachine_ForThoseOfADescribedOne(string id, string option)
    {
        var run = await DoctorLine.RunAsync("node", "--simulate", "dc2s_v3", "-o", "json");

        Assert.Equal("not-checked", Assert.Single(run.Of(id)).Outcome);
        run.Has(id, "not-checked", option, "");
        Assert.Equal(ExitCode.Success, run.ExitCode);
    }

    [Fact]
    public async Task FindsThatNobodyListensForPlugins()
    {
        Directory.CreateDirectory(Plugins);
        var run = await RunAsync("--simulate", "dc2s_v3");

        run.Has("KubeletDirectory", "passed", Plugins, "");
        run.Has("KubeletSocket", "failed", "kubelet.sock is not there", "systemctl status kubelet");
        run.Has("PluginRegistry", "warning", "plugins_registry", "systemctl restart kubelet");
        run.Has("PluginSockets", "failed", "no socket of the node agent", "casemate addon install");
    }

    [Fact]
    public async Task FindsASocketThatNobodyListensOn()
    {
        Directory.CreateDirectory(Plugins);
        File.WriteAllText(Path.Combine(Plugins, "kubelet.sock"), "");
        File.WriteAllText(Path.Combine(Plugins, "casemate-epc.sock"), "");
        var run = await RunAsync("--simulate", "dc2s_v3");

        run.Has("KubeletSocket", "failed", "nobody listens", "kubelet");
        run.Has("PluginSockets", "failed", "casemate-epc.sock is there, and nobody listens", "rollout restart daemonset/casemate-node");
    }

    [Fact]
    public async Task PassesAPluginThatAnswers_AndIsRegistered()
    {
        Directory.CreateDirectory(Plugins);
        await using var plugin = await ServeAsync(Path.Combine(Plugins, "casemate-epc.sock"));
        Checkpoint("""{"Data":{"RegisteredDevices":{"kubernetes.azure.com/sgx_epc_mem_in_MiB":["0","1"]}},"Checksum":1}""");
        var run = await RunAsync("--simulate", "dc2s_v3");

        run.Has("PluginSockets", "passed", "answers /v1beta1.DevicePlugin/GetDevicePluginOptions", "");
        run.Has("PluginRegistered", "passed", "kubernetes.azure.com/sgx_epc_mem_in_MiB", "");
        run.Has("PluginRivals", "passed", "no other plugin", "");
    }

    [Fact]
    public async Task FindsAPluginThatTheKubeletForgot()
    {
        Directory.CreateDirectory(Plugins);
        await using var plugin = await ServeAsync(Path.Combine(Plugins, "casemate-epc.sock"));
        Checkpoint("""{"Data":{"RegisteredDevices":{"vendor.example/gpu":["0"],"sgx.intel.com/enclave":[]}},"Checksum":1}""");

        (await RunAsync("--simulate", "dc2s_v3")).Has(
            "PluginRegistered", "failed", "no healthy device of SGX", "rollout restart daemonset/casemate-node");
    }

    [Fact]
    public async Task FindsAnotherPlugin_AndEpcUnderTwoNames()
    {
        Directory.CreateDirectory(Plugins);
        File.WriteAllText(Path.Combine(Plugins, "casemate-epc.sock"), "");
        File.WriteAllText(Path.Combine(Plugins, "sgx.intel.com-enclave.sock"), "");
        Checkpoint("""{"Data":{"RegisteredDevices":{"kubernetes.azure.com/sgx_epc_mem_in_MiB":["0"],"openenclave.io/sgx_epc_MiB":["0"]}}}""");
        var run = await RunAsync("--simulate", "dc2s_v3");

        run.Has("PluginRivals", "failed", "sgx.intel.com-enclave.sock", "Keep one");
        run.Has("PluginRivals", "failed", "several names", "Keep one");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"Data":[],"Data":{}}""")]
    public async Task ReadsNothing_IntoACheckpointThatIsNone(string text)
    {
        Directory.CreateDirectory(Plugins);
        Checkpoint(text);

        Assert.DoesNotContain("PluginRegistered", (await RunAsync("--simulate", "dc2s_v3")).With("passed"));
    }

    [Fact]
    public async Task FindsThatNoQuotesAreMade_OrThatTheDirectoryIsEmpty()
    {
        (await RunAsync("--simulate", "dc2s_v3")).Has("QuoteSocket", "warning", "no quotes are made", "casemate addon install --quote-helper");

        Directory.CreateDirectory(Path.GetDirectoryName(Aesm)!);
        (await RunAsync("--simulate", "dc2s_v3")).Has("QuoteSocket", "failed", "with no aesm.socket in it", "casemate addon install --quote-helper");

        Directory.CreateDirectory(Aesm);
        (await RunAsync("--simulate", "dc2s_v3")).Has("QuoteSocket", "failed", "is a directory", "rmdir");
    }

    [Fact]
    public async Task FindsAServiceThatDied()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Aesm)!);
        File.WriteAllText(Aesm, "");

        (await RunAsync("--simulate", "dc2s_v3")).Has("QuoteHelper", "failed", "number of keys", "Start the quote helper");
    }

    [Fact]
    public async Task StandsServicesThatSayNothing_OrGarbage_WithoutEnd()
    {
        Directory.CreateDirectory(Plugins);
        Directory.CreateDirectory(Path.GetDirectoryName(Aesm)!);
        using var silent = new HostileSocket(Path.Combine(Plugins, "casemate-enclave.sock"), null);
        using var garbage = new HostileSocket(Path.Combine(Plugins, "casemate-epc.sock"), [0xFF, 0x00, 0x13]);
        using var aesm = new HostileSocket(Aesm, [0x41]);
        using var evidence = new HostileSocket(_directory.File("aesmd/evidence.socket"), Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n\r\n{"));
        var run = await RunAsync("--simulate", "dc2s_v3", "--timeout", "10");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.DoesNotContain("passed", run.Of("PluginSockets").Select(one => one.Outcome));
        Assert.DoesNotContain("passed", run.Of("QuoteHelper").Select(one => one.Outcome));
        Assert.All(run.Of("QuoteHelper"), one => Assert.DoesNotContain("nothing to look at", one.Evidence, StringComparison.Ordinal));
        Assert.DoesNotContain("passed", run.Of("EvidenceSocket").Select(one => one.Outcome));
        run.Has("Processor", "passed", "SGX", "");
    }

    [Fact]
    public async Task NamesASimulatedHelper()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Aesm)!);
        const string body = """{"evidence":[{"tee":"sgx","simulated":true}]}""";
        using var evidence = new HostileSocket(
            _directory.File("aesmd/evidence.socket"),
            Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"), once: true);
        var run = await RunAsync("--simulate", "dc2s_v3");

        run.Has("EvidenceSocket", "passed", "SGX", "");
        run.Has("QuoteSimulated", "warning", "SIMULATED", "--provider dcap");
    }

    [Fact]
    public async Task LooksAtCollateral_AndMakesNothing()
    {
        var store = Directory.CreateDirectory(_directory.File("collateral")).FullName;
        var run = await RunAsync("--simulate", "dc2s_v3", "--collateral", store);

        run.Has("CollateralFresh", "warning", "holds nothing", "casemate collateral fetch");
        Assert.Empty(Directory.EnumerateFileSystemEntries(store));
    }

    [Fact]
    public async Task RefusesCollateralThatIsNotThere_AndALimitThatIsNone()
    {
        Assert.Equal(ExitCode.BadInput, (await RunAsync("--collateral", _directory.File("none"))).ExitCode);
        Assert.Equal(ExitCode.Usage, (await RunAsync("--timeout", "0")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await RunAsync("--simulate", "no-such-machine")).ExitCode);
    }

    [Fact]
    public async Task ShowsFailuresFirst_WithEvidenceAndFix_AndTheRestInOneLine()
    {
        var run = await DoctorLine.RunAsync(
            "node", "--simulate", "dc2s_v3", "--kubelet-dir", Kubelet, "--socket", Aesm);

        Assert.StartsWith("node: ", run.Output, StringComparison.Ordinal);
        Assert.Contains("FAILED    KubeletDirectory", run.Output, StringComparison.Ordinal);
        Assert.Contains("fix: Run this on a node of the cluster", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"ok        hardware: \d+ passed", run.Output);
        Assert.Matches(@"\d+ failed, \d+ warnings?, \d+ not checked, \d+ passed; \d+ had nothing to look at \(-v\)\n$", run.Output);
        Assert.True(
            run.Output.IndexOf("kubelet\n", StringComparison.Ordinal) < run.Output.IndexOf("hardware", StringComparison.Ordinal), run.Output);
    }

    private Task<DoctorLine> RunAsync(params string[] arguments) =>
        DoctorLine.RunAsync(["node", "--kubelet-dir", Kubelet, "--socket", Aesm, "-o", "json", .. arguments]);

    private void Checkpoint(string text) => File.WriteAllText(Path.Combine(Plugins, "kubelet_internal_checkpoint"), text);

    private static void Write(string machine, string path, string text)
    {
        var full = Path.Combine(machine, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private string Copy(string machine)
    {
        var from = Path.Combine(RepositoryPaths.Root, "src", "Casemate.Node", "Machines", "Described", machine);
        var to = _directory.File(machine);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return to;
    }

    private static Task<RpcServer> ServeAsync(string path) => RpcServer.StartAsync(
        new RpcServerOptions
        {
            SocketPath = path,
            Methods =
            [
                RpcMethod.Unary<Empty, DevicePluginOptions>(
                    KubeletMethods.GetDevicePluginOptions, Empty.Parser, (_, _) => ValueTask.FromResult(new DevicePluginOptions())),
            ],
        },
        TestContext.Current.CancellationToken);
}
