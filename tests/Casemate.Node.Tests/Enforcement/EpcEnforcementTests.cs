using System.Diagnostics.Metrics;
using System.Net.Sockets;
using Casemate.Node.Advertisement;
using Casemate.Node.Enforcement;
using Casemate.Node.Ledger;
using Casemate.Node.Tests.DevicePlugin;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Rpc.Nri;
using Casemate.Testing.Kubelet;

namespace Casemate.Node.Tests.Enforcement;

/// <summary>The whole agent between a kubelet and a container runtime, on a kernel with an EPC controller.</summary>
public sealed class EpcEnforcementTests : IAsyncLifetime
{
    private const string Controller = "/sys/fs/cgroup/misc.capacity";

    private NodeFixture _node = null!;
    private TestRuntime? _runtime;

    public async ValueTask InitializeAsync()
    {
        var machine = new TestMachine { Cpuid = TestMachine.Processor((0x1_0000_0000, 128 * TestMachine.MiB)) }
            .With(Controller, "sgx_epc 134217728\n");
        _node = NodeFixture.Describe(machine.Sources());
        _node.Options = _node.Options with
        {
            Enforcement = new EpcEnforcementSettings { Mode = EpcEnforcementMode.Auto, NriSocket = _node.File("nri/nri.sock") },
        };
        await _node.StartKubeletAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await (_runtime?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task HoldsAContainer_ToWhatTheKubeletGaveIt()
    {
        await StartAsync();
        var container = Make("c", "main", await AdmitAsync("main", 10));

        await Runtime.CreateAsync(Pod(), container);

        Assert.Equal("sgx_epc 10485760", Runtime.Unified("c")["misc.max"]);
        Assert.Equal(EpcEnforcementState.Active, _node.Agent.State.Enforcement.State);
        Assert.Equal(
            "EPC limits are enforced: containers get misc.max through the NRI of containerd v2.1.0.", _node.Agent.State.EpcLimits);
        Assert.Contains(_node.Notices, notice => notice is { Reason: "EPCLimitsEnforced", Warning: false });
    }

    [Fact]
    public async Task SaysIt_InMessagesThatAnIndependentDecoderReads()
    {
        await StartAsync();
        await Runtime.CreateAsync(Pod(), Make("c", "main", await AdmitAsync("main", 10)));

        var messages = Runtime.PluginMessages;
        Assert.Equal(
            """
            1: "nri.pkg.api.v1alpha1.Runtime"
            2: "RegisterPlugin"
            3 {
              1: "casemate-epc"
              2: "90"
            }
            4: 10000000000

            """.ReplaceLineEndings("\n"), await Protoc.DecodeRawAsync(messages[0].Data));
        Assert.Equal((1u, 1, 0), (messages[0].Stream, messages[0].Type, messages[0].Flags));
        Assert.Equal(
            """
            2 {
              2: 8
            }

            """.ReplaceLineEndings("\n"), await Protoc.DecodeRawAsync(messages[1].Data));
        Assert.Empty(messages[2].Data);                                    // nothing to change of nothing that runs
        Assert.Equal(
            """
            2 {
              1 {
                6 {
                  2 {
                    6 {
                      1: "misc.max"
                      2: "sgx_epc 10485760"
                    }
                  }
                }
              }
            }

            """.ReplaceLineEndings("\n"), await Protoc.DecodeRawAsync(messages[3].Data));
        Assert.Equal(4, messages.Count);
    }

    [Fact]
    public async Task Counts_WhatBecameOfContainers()
    {
        await StartAsync();
        var counted = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter == _node.Agent.Meter && instrument.Name.StartsWith("casemate_node_epc_", StringComparison.Ordinal))
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                lock (counted)
                {
                    counted[$"{instrument.Name} {tag.Key}={tag.Value}"] = value;
                }
            }
        });
        listener.Start();
        await Runtime.CreateAsync(Pod(), Make("c", "main", await AdmitAsync("main", 10)));
        await Runtime.CreateAsync(Pod(), new Container { Id = "d", Name = "unknown", Linux = WithEnclaves() });
        await Runtime.CreateAsync(Pod(), new Container { Id = "e", Name = "sidecar" });
        listener.RecordObservableInstruments();

        Assert.Equal(1, counted["casemate_node_epc_limits_total result=set"]);
        Assert.Equal(1, counted["casemate_node_epc_limits_total result=unknown"]);
        Assert.DoesNotContain("casemate_node_epc_limits_total result=restored", counted.Keys);
        Assert.Equal(1, counted["casemate_node_epc_enforced node=node-1"]);
    }

    [Fact]
    public async Task AsksTheKubelet_WhereTheRuntimeDoesNotTellEnough()
    {
        await StartAsync();
        await AdmitAsync("main", 7);
        var container = new Container { Id = "c", Name = "main", Linux = WithEnclaves() };

        await Runtime.CreateAsync(Pod(), container);

        Assert.Equal("sgx_epc 7340032", Runtime.Unified("c")["misc.max"]);
    }

    [Fact]
    public async Task LeavesOtherContainersAlone()
    {
        await StartAsync();

        await Runtime.CreateAsync(Pod(), new Container { Id = "c", Name = "sidecar" });

        Assert.Empty(Runtime.Unified("c"));
        Assert.True(Runtime.HasPlugin);
    }

    [Fact]
    public async Task CreatesAContainer_WhoseAmountNobodyKnows_AndTellsIt()
    {
        await StartAsync();

        await Runtime.CreateAsync(Pod(), new Container { Id = "c", Name = "unknown", Linux = WithEnclaves() });

        Assert.Empty(Runtime.Unified("c"));
        Assert.Contains(_node.Log, line => line.StartsWith("Warning 3653 Container ns/pod/unknown has an enclave device", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DoesNotStandInTheWay_OfALimitThatAnotherPluginSet()
    {
        await StartAsync();
        var container = Make("c", "main", await AdmitAsync("main", 10));
        container.Linux = new LinuxContainer { Resources = new LinuxResources { Unified = { ["misc.max"] = "sgx_epc 4096" } } };

        await Runtime.CreateAsync(Pod(), container);

        Assert.Equal("sgx_epc 4096", Runtime.Unified("c")["misc.max"]);
    }

    [Fact]
    public async Task Refuses_AContainerWhoseLimitIsNoAmount_AndStaysThere()
    {
        await StartAsync();
        var pod = Pod();
        pod.Annotations["epc-limit.nri.io/container.main"] = "64Mi";

        var error = await Assert.ThrowsAsync<ContainerRefusedException>(() => Runtime.CreateAsync(pod, new Container { Id = "c", Name = "main" }));

        Assert.Equal(
            "3: The annotation 'epc-limit.nri.io/container.main' is '64Mi': write bytes of EPC as a whole number, such as 67108864.",
            error.Message);
        await Runtime.CreateAsync(pod, new Container { Id = "d", Name = "sidecar" });
        Assert.True(Runtime.HasPlugin);
    }

    [Fact]
    public async Task GivesLimits_ToWhatRanBeforeIt()
    {
        StartRuntime(
            (Pod(), Running("a", "main")), (Pod(), Running("b", "sidecar")),
            (Pod(), new Container { Id = "stopped", PodSandboxId = "p", Name = "main", State = ContainerState.ContainerStopped }));
        await StartAgentAsync(withRuntime: false);
        var answer = await AdmitAsync("main", 12);
        Assert.NotNull(answer);
        await _node.StopAgentAsync();                                      // and what it knew is gone
        _node.Options = _node.Options with { Enforcement = _node.Options.Enforcement with { Mode = EpcEnforcementMode.Auto } };
        await StartAgentAsync(withRuntime: true);

        Assert.Equal("sgx_epc 12582912", Runtime.Unified("a")["misc.max"]);
        Assert.Empty(Runtime.Unified("b"));
        Assert.Empty(Runtime.Unified("stopped"));
    }

    [Fact]
    public async Task ComesBack_WhenTheRuntimeDoes()
    {
        await StartAsync();
        var container = Make("c", "main", await AdmitAsync("main", 10));
        await Runtime.DisposeAsync();
        await _node.Kubelet.UntilAsync(() => _node.Agent.State.Enforcement.State is EpcEnforcementState.NoRuntime);
        Assert.Contains(_node.Notices, notice => notice is { Reason: "EPCLimitsNotEnforced", Warning: true });
        container.PodSandboxId = "p";
        container.State = ContainerState.ContainerRunning;                 // it was created meanwhile

        StartRuntime((Pod(), container));
        await Runtime.PluginAsync();

        Assert.Equal("sgx_epc 10485760", Runtime.Unified("c")["misc.max"]);
        Assert.True(_node.Agent.State.Enforcement.IsActive);
    }

    [Fact]
    public async Task TakesWhatRuns_InManyMessages()
    {
        await StartAgentAsync(withRuntime: false);
        var answer = await AdmitAsync("main", 3);
        await _node.StopAgentAsync();
        var many = Enumerable.Range(0, 300).Select(i => (
            new PodSandbox { Id = $"p{i}", Uid = $"u{i}", Name = $"pod{i}", Namespace = "ns" },
            new Container { Id = $"c{i}", PodSandboxId = $"p{i}", Name = new string('x', 1000), State = ContainerState.ContainerRunning })).ToArray();
        foreach (var (name, value) in answer.Annotations)
        {
            many[250].Item2.Annotations[name] = value;
        }

        _runtime = TestRuntime.Start(
            new TestRuntimeOptions { Socket = _node.Options.Enforcement.NriSocket!, LongestRequest = 64 * 1024 }, many);
        _node.Options = _node.Options with { Enforcement = _node.Options.Enforcement with { Mode = EpcEnforcementMode.Auto } };
        await StartAgentAsync(withRuntime: true);

        Assert.True(Runtime.SynchronizeMessages > 4);
        Assert.Equal("sgx_epc 3145728", Runtime.Unified("c250")["misc.max"]);
        Assert.Empty(Runtime.Unified("c251"));
    }

    [Fact]
    public async Task TakesLongRequests_AndGivesLongAnswers()
    {
        await StartAgentAsync(withRuntime: false);
        await _node.StopAgentAsync();
        var pod = Pod();
        pod.Annotations["epc-limit.nri.io"] = "4096";
        StartRuntime([.. Enumerable.Range(0, 1500).Select(i => (pod, Running($"container-{i}", "main")))]);
        _node.Options = _node.Options with { Enforcement = _node.Options.Enforcement with { Mode = EpcEnforcementMode.Auto } };
        await StartAgentAsync(withRuntime: true);
        var container = new Container { Id = "long", Name = "main" };
        container.Labels["long"] = new string('x', 3 << 20);

        await Runtime.CreateAsync(pod, container);

        Assert.All(Enumerable.Range(0, 1500), i => Assert.Equal("sgx_epc 4096", Runtime.Unified($"container-{i}")["misc.max"]));
        Assert.Equal("sgx_epc 4096", Runtime.Unified("long")["misc.max"]);
    }

    [Theory]
    [InlineData(EpcEnforcementMode.Auto, "", EpcEnforcementState.NoController)]
    [InlineData(EpcEnforcementMode.On, "", EpcEnforcementState.NoController)]
    [InlineData(EpcEnforcementMode.Off, "sgx_epc 5\n", EpcEnforcementState.Off)]
    [InlineData(EpcEnforcementMode.Auto, "sgx_epc 5\n", EpcEnforcementState.NoRuntime)]
    [InlineData(EpcEnforcementMode.On, "sgx_epc 5\n", EpcEnforcementState.NoRuntime)]
    public async Task SaysThatLimitsAreAccounting_WhereNothingEnforcesThem(
        EpcEnforcementMode mode, string capacity, EpcEnforcementState expected)
    {
        _node.Options = _node.Options with
        {
            Sources = new TestMachine().With(Controller, capacity).Sources(),
            Enforcement = _node.Options.Enforcement with { Mode = mode },
        };
        await _node.StartAgentAsync();

        Assert.Equal(expected, _node.Agent.State.Enforcement.State);
        Assert.StartsWith("EPC limits are scheduling accounting: ", _node.Agent.State.EpcLimits, StringComparison.Ordinal);
        var warns = mode is EpcEnforcementMode.On;
        await _node.Kubelet.UntilAsync(() => !warns || _node.Notices.Any(notice => notice.Reason == "EPCLimitsNotEnforced"));
        await _node.Kubelet.UntilAsync(() => expected is not EpcEnforcementState.NoRuntime
            || _node.Agent.State.EpcLimits.EndsWith("cannot be used (there is no such socket).", StringComparison.Ordinal));
        Assert.Equal(warns, _node.Notices.Any(notice => notice is { Reason: "EPCLimitsNotEnforced", Warning: true }));
        Assert.All(_node.Lines(3650), line => Assert.StartsWith(warns ? "Warning " : "Information ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task FindsARuntime_ThatComesLate_EvenOverASocketThatNobodyHears()
    {
        var path = _node.Options.Enforcement.NriSocket!;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path + ".bound"));
            File.Move(path + ".bound", path);                              // what is closed in good order is removed
        }

        await StartAgentAsync(withRuntime: false);
        await _node.StopAgentAsync();
        _node.Options = _node.Options with { Enforcement = _node.Options.Enforcement with { Mode = EpcEnforcementMode.Auto } };
        await _node.StartAgentAsync();
        await _node.Kubelet.UntilAsync(() => _node.Agent.State.EpcLimits.Contains("refused", StringComparison.Ordinal));

        StartRuntime();

        Assert.Equal("90-casemate-epc", await Runtime.PluginAsync());
    }

    [Fact]
    public async Task SetsNothing_WhereTheKernelWouldRefuseIt()
    {
        var machine = new TestMachine().With(Controller, "sgx_epc 5\n");
        _node.Options = _node.Options with { Sources = machine.Sources(), RescanInterval = TimeSpan.FromSeconds(1) };
        StartRuntime();
        await StartAgentAsync(withRuntime: true);
        machine.Without(Controller);
        await _node.Kubelet.UntilAsync(() => _node.Agent.State.Enforcement.State is EpcEnforcementState.NoController);
        var pod = Pod();
        pod.Annotations["epc-limit.nri.io"] = "4096";

        await Runtime.CreateAsync(pod, new Container { Id = "c", Name = "main" });

        Assert.Empty(Runtime.Unified("c"));
    }

    [Fact]
    public async Task TakesAmountsOfPods_FromWhoeverKnowsThem()
    {
        _node.Options = _node.Options with
        {
            Sources = new TestMachine().With(Controller, "sgx_epc 8589934592\n").Sources(),
            Advertisement = AdvertisementSettings.Default,
        };
        StartRuntime();
        await StartAgentAsync(withRuntime: true);
        _node.Agent.SetPodUses([new EpcUse("pod-uid", 64 * TestMachine.MiB)]);

        await Runtime.CreateAsync(Pod(), new Container { Id = "c", Name = "main", Linux = WithEnclaves() });

        Assert.Equal("sgx_epc 67108864", Runtime.Unified("c")["misc.max"]);
    }

    [Fact]
    public async Task GivesALimit_ThatBecomesKnownAfterTheContainerWasCreated()
    {
        _node.Options = _node.Options with
        {
            Sources = new TestMachine().With(Controller, "sgx_epc 8589934592\n").Sources(),
            Advertisement = AdvertisementSettings.Default,
        };
        StartRuntime();
        await StartAgentAsync(withRuntime: true);
        await Runtime.CreateAsync(Pod(), new Container { Id = "c", Name = "main", Linux = WithEnclaves() });
        await Runtime.CreateAsync(Pod(), new Container { Id = "ended", Name = "main", Linux = WithEnclaves() });
        Runtime.Remove("ended");

        _node.Agent.SetPodUses([new EpcUse("pod-uid", 64 * TestMachine.MiB)]);

        await _node.Kubelet.UntilAsync(() => Runtime.Unified("c").ContainsKey("misc.max"));
        Assert.Equal("sgx_epc 67108864", Runtime.Unified("c")["misc.max"]);
        Assert.Equal(2, Runtime.Connections);                              // a runtime changes containers safely in a registration alone
        Assert.Single(_node.Lines(3658));
        Assert.True(_node.Agent.State.Enforcement.IsActive);
        Assert.DoesNotContain(_node.Notices, notice => notice.Reason == "EPCLimitsNotEnforced");
    }

    [Theory]
    [InlineData("nri.sock")]
    [InlineData("/a/very/long/path/that/no/address/of/a/unix/socket/can/hold/because/it/has/more/than/a/hundred/and/seven/bytes.sock")]
    public void Refuses_SocketsThatCannotBe(string socket)
    {
        var options = _node.Options with { Enforcement = new EpcEnforcementSettings { Mode = EpcEnforcementMode.Auto, NriSocket = socket } };

        Assert.Contains("NRI socket", Assert.Single(options.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_EnforcementWithoutASocket()
    {
        var options = _node.Options with { Enforcement = new EpcEnforcementSettings { Mode = EpcEnforcementMode.On, NriSocket = null } };

        Assert.Contains("switched off", Assert.Single(options.Problems()), StringComparison.Ordinal);
    }

    private TestRuntime Runtime => _runtime!;

    private async Task StartAsync()
    {
        StartRuntime();
        await StartAgentAsync(withRuntime: true);
    }

    private void StartRuntime(params (PodSandbox, Container)[] running) =>
        _runtime = TestRuntime.Start(new TestRuntimeOptions { Socket = _node.Options.Enforcement.NriSocket! }, running);

    private async Task StartAgentAsync(bool withRuntime)
    {
        if (!withRuntime)
        {
            _node.Options = _node.Options with { Enforcement = _node.Options.Enforcement with { Mode = EpcEnforcementMode.Off } };
        }

        await _node.StartAgentAsync();
        await _node.UntilReadyAsync();
        if (withRuntime)
        {
            await Runtime.PluginAsync();
        }
    }

    private Task<ContainerAllocateResponse> AdmitAsync(string container, int mib) =>
        _node.Kubelet.AdmitAsync(new ContainerName("ns", "pod", container), (NodeFixture.Epc, mib));

    private static PodSandbox Pod() => new() { Id = "p", Uid = "pod-uid", Name = "pod", Namespace = "ns" };

    private static LinuxContainer WithEnclaves() => new() { Devices = { new LinuxDevice { Path = "/dev/sgx_enclave", Type = "c" } } };

    private static Container Running(string id, string name) => new()
    {
        Id = id,
        PodSandboxId = "p",
        Name = name,
        State = ContainerState.ContainerRunning,
        Linux = name == "main" ? WithEnclaves() : null,
    };

    private static Container Make(string id, string name, ContainerAllocateResponse answer)
    {
        var container = new Container { Id = id, Name = name };
        foreach (var (key, value) in answer.Annotations)
        {
            container.Annotations[key] = value;
        }

        return container;
    }
}
