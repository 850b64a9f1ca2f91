using System.Security.Cryptography;
using Casemate.Measurement.Tdx;
using Casemate.Testing;

namespace Casemate.Measurement.Tests.Tdx;

/// <summary>Registers that are foretold from files, held against real event logs and an independent program.</summary>
public sealed class BootChainTests
{
    private const string CommandLine = "console=hvc0 quiet";

    private static readonly byte[] s_kernel = new PeSample { Sections = [(".text", new byte[3000])] }.ToBytes();
    private static readonly byte[] s_initrd = [.. Enumerable.Range(0, 5000).Select(i => (byte)i)];

    [Fact]
    public async Task DirectBoot_GivesTheRegistersOfAnIndependentProgram()
    {
        var events = new DirectBoot { Kernel = s_kernel, InitialRamDisk = s_initrd, CommandLine = CommandLine }.Predict();
        var lines = await IndependentTdx.RunAsync("direct", s_kernel, s_initrd, CommandLine);

        Assert.Equal([$"RTMR1 {Value(1, events)}", $"RTMR2 {Value(2, events)}"], lines);

        events = new DirectBoot { Kernel = s_kernel, CommandLine = CommandLine }.Predict();
        lines = await IndependentTdx.RunAsync("direct", s_kernel, Array.Empty<byte>(), CommandLine);

        Assert.Equal([$"RTMR1 {Value(1, events)}", $"RTMR2 {Value(2, events)}"], lines);
    }

    [Fact]
    public async Task UnifiedKernel_GivesTheRegistersOfAnIndependentProgram()
    {
        var image = Unified();
        var events = new UnifiedKernelBoot { Image = image }.Predict();
        var lines = await IndependentTdx.RunAsync("uki", image);

        Assert.Equal([$"RTMR1 {Value(1, events)}", $"RTMR2 {Value(2, events)}"], lines);
    }

    // What a real firmware measured of a boot of this kind, in its order: only the kernel's digest is not ours to compute, since the log has
    // no kernel. This firmware measured its second separator into RTMR0.
    [Fact]
    public void DirectBoot_HasTheEventsOfARealLog_InItsOrder()
    {
        var real = RealEvidence.OvmfEvents.Where(e => e.Register is 2 or 3).ToArray();
        var events = new DirectBoot { Kernel = s_kernel, InitialRamDisk = s_initrd, CommandLine = CommandLine, HasSeparator = false }.Predict();

        Assert.Equal(real.Select(e => (int)e.Register - 1), events.Select(e => e.Rtmr));
        var replayed = events.Zip(real, (e, r) => e.What is "kernel" or "command line" or "initial RAM disk" ? e with { Digest = r.Digest } : e);
        Assert.Equal(real.Select(r => Convert.ToHexString(r.Digest)), replayed.Select(e => Convert.ToHexString(e.Digest.Span)));
    }

    [Fact]
    public void Variables_HaveTheDigestsOfARealLog()
    {
        var global = new Guid("8be4df61-93ca-11d2-aa0d-00e098032b8c");
        var security = new Guid("d719b2cb-3d3a-4596-a3bc-dad00e67656f");
        foreach (var (vendor, name) in ((Guid, string)[])[(global, "SecureBoot"), (global, "PK"), (global, "KEK"), (security, "db"), (security, "dbx")])
        {
            Assert.Contains(
                RealEvidence.OvmfEvents, e => e.Register == 1 && e.Digest.AsSpan().SequenceEqual(BootEvent.Variable(vendor, name, []).Digest.Span));
        }

        // Secure Boot off but known: confidential-containers/trustee, deps/eventlog/test_data/CCEL_AAEL_alibabacloud.
        Assert.Equal(
            "cfa4e2c606f572627bf06d5669cc2ab1128358d27b45bc63ee9ea56ec109cfafb7194006f847a6a74b5eaed6b73332ec",
            Convert.ToHexStringLower(BootEvent.Variable(global, "SecureBoot", [0]).Digest.Span));
    }

    [Fact]
    public void Registers_OfARealLog_AreThoseOfTheEventLogReader()
    {
        var events = RealEvidence.OvmfEvents.Where(e => e.Register > 0).Select(e => new BootEvent((int)e.Register - 1, "", e.Digest)).ToArray();
        Assert.True(Attestation.Tdx.CcEventLog.TryRead(EventLogWriter.Ovmf().ToArray(), out var log, out var error), error);

        Assert.Equal(log.Replay().Select(Convert.ToHexString), Enumerable.Range(0, 4).Select(i => Convert.ToHexString(Rtmr.ValueOf(i, events))));
    }

    [Fact]
    public void EveryInput_ChangesTheRegisterItBelongsTo_AndNoOther()
    {
        var boot = new DirectBoot { Kernel = s_kernel, InitialRamDisk = s_initrd, CommandLine = CommandLine };
        var (first, second) = Both(boot);
        var kernel = (byte[])s_kernel.Clone();
        kernel[^1] ^= 1;
        var initrd = (byte[])s_initrd.Clone();
        initrd[0] ^= 1;

        Assert.Equal((false, true), Same(boot with { Kernel = kernel }));
        Assert.Equal((true, false), Same(boot with { InitialRamDisk = initrd }));
        Assert.Equal((true, false), Same(boot with { CommandLine = "console=hvc0  quiet" }));
        Assert.Equal((false, true), Same(boot with { HasSeparator = false }));

        (bool, bool) Same(DirectBoot other) => Both(other) is var (a, b) ? (a == first, b == second) : default;
    }

    [Fact]
    public void UnifiedKernel_EverySectionCounts()
    {
        var boot = new UnifiedKernelBoot { Image = Unified() };
        var (first, second) = Both(boot);
        foreach (var other in (byte[][])[Unified(osrel: "ID=y\n"), Unified(line: "quiet"), Unified(initrd: [1])])
        {
            var (a, b) = Both(boot with { Image = other });
            Assert.NotEqual(first, a);
            Assert.NotEqual(second, b);
        }

        Assert.NotEqual(second, Both(boot with { StubMeasuresSections = false }).Second);
        Assert.NotEqual(first, Both(boot with { FirmwareLoadsKernel = false }).First);
        Assert.NotEqual(first, Both(boot with { BootLoader = s_kernel }).First);
    }

    [Fact]
    public void ShimBoot_ForetellsRtmr1Alone()
    {
        var boot = new ShimBoot { Disk = null, Programs = [("shim", s_kernel), ("GRUB", Unified())] };

        Assert.Equal([1], boot.Registers);
        Assert.Equal(
            ["Calling EFI Application from Boot Option", "separator", "shim", "GRUB", "Exit Boot Services Invocation", "Exit Boot Services Returned with Success"],
            boot.Predict().Select(e => e.What));
    }

    [Fact]
    public void Qemu_WritesIntoTheSetupHeader_DependingOnMemory()
    {
        var kernel = (byte[])new PeSample { Sections = [(".text", new byte[8000])] }.ToBytes();
        "HdrS"u8.CopyTo(kernel.AsSpan(0x202));
        (kernel[0x206], kernel[0x207], kernel[0x211], kernel[0x236]) = (0x0F, 0x02, 0x01, 0x7F);
        var boot = new DirectBoot { Kernel = kernel, InitialRamDisk = s_initrd, CommandLine = CommandLine };
        string First(ulong? memory) => Both(boot with { PatchedForMemory = memory }).First;

        Assert.NotEqual(First(null), First(1ul << 30));
        Assert.NotEqual(First(1ul << 30), First(2ul << 30));
        // From 2.75 GiB on, the RAM disk lies below 2 GiB whatever the size.
        Assert.Equal(First(4ul << 30), First(64ul << 30));
        Assert.Equal(First(2ul << 30), First(4ul << 30));
        Assert.Throws<TdxMeasurementException>(() => First(0x10000));
        Assert.Throws<TdxMeasurementException>(() => Both(boot with { Kernel = s_kernel, PatchedForMemory = 1ul << 30 }));
    }

    [Fact]
    public void Refuses_WhatItCannotForetell()
    {
        void Refuses(string text, BootChain chain) =>
            Assert.Contains(text, Assert.Throws<TdxMeasurementException>(() => chain.Predict()).Message, StringComparison.Ordinal);

        var boot = new DirectBoot { Kernel = s_kernel, CommandLine = CommandLine };
        Refuses("the kernel: not a PE image", boot with { Kernel = new byte[100] });
        Refuses("U+00E9", boot with { CommandLine = "é" });
        Refuses("empty command line", boot with { CommandLine = "" });
        Refuses("no section .linux", new UnifiedKernelBoot { Image = s_kernel });
        Refuses("no section .cmdline", new UnifiedKernelBoot { Image = Unified(line: null) });
        Refuses(".pcrsig", new UnifiedKernelBoot { Image = Unified(more: (".pcrsig", [1])) });
        Refuses("2 sections .initrd", new UnifiedKernelBoot { Image = Unified(more: (".initrd", [1])) });
        Refuses(".ucode", new UnifiedKernelBoot { Image = Unified(more: (".ucode", [1])) });
        Refuses("the boot disk", new UnifiedKernelBoot { Image = Unified(), Disk = new byte[2048] });
    }

    [Fact]
    public void RuntimeEvents_HaveThePublishedDigests()
    {
        // confidential-containers/guest-components, attestation agent, test of the event log.
        var entry = RuntimeEvent.Of("domain", "operation", "content");
        Assert.Equal(
            "26d944cb8d99096590252283b8c807b9508329b068703bdb7bac7eb6efe5b32fc0fadf1462662b95d2c708aa49c0bfe1",
            Convert.ToHexStringLower(entry.LineDigest));
        Assert.Equal(
            Convert.ToHexStringLower(SHA384.HashData([0x4C, 0x45, 0x41, 0x41, 24, 0, 0, 0, .. "domain operation content"u8])),
            Convert.ToHexStringLower(entry.TaggedDigest));
        Assert.Equal(
            """github.com/confidential-containers PullImage {"digest":"sha256:ab","image":"a/b:1"}""", RuntimeEvent.PullImage("a/b:1", "sha256:ab").Line);
        Assert.Equal("INIT sha384/" + new string('0', 96), RuntimeEvent.Initial(new byte[48]).Line);
        Assert.Throws<ArgumentException>(() => RuntimeEvent.Of("a b", "c", "d"));
        Assert.Throws<ArgumentException>(() => RuntimeEvent.Of("a", "c", "d\ne"));
        Assert.Throws<ArgumentException>(() => RuntimeEvent.Initial(new byte[32]));
    }

    private static byte[] Unified(
        string osrel = "ID=x\n", string? line = "console=hvc0 quiet\n", byte[]? initrd = null, (string, byte[])? more = null) => new PeSample
        {
            Sections =
            [
                (".linux", s_kernel), (".osrel", System.Text.Encoding.ASCII.GetBytes(osrel)),
                .. line is null ? ((string, byte[])[])[] : [(".cmdline", System.Text.Encoding.ASCII.GetBytes(line))],
                (".initrd", initrd ?? s_initrd), (".uname", [.. "6.12"u8]), .. more is { } m ? ((string, byte[])[])[m] : [],
            ],
        }.ToBytes();

    private static (string First, string Second) Both(BootChain chain)
    {
        var events = chain.Predict();
        return (Value(1, events), Value(2, events));
    }

    private static string Value(int rtmr, IEnumerable<BootEvent> events) => Convert.ToHexStringLower(Rtmr.ValueOf(rtmr, events));
}
