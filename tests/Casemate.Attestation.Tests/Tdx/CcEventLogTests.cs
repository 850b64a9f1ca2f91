using System.Security.Cryptography;
using System.Text;
using Casemate.Attestation.Tdx;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Tdx;

/// <summary>The event log of a TD's boot: what is read, replayed and explained, and what is refused.</summary>
public sealed class CcEventLogTests
{
    private const string OvmfRtmr0 = "8566f998798db09443b244c62de9a3041fb02e2e6936c4396d784bba2e90177329ec5aba3bb484404f2ab9cc90abe193";
    private const string OvmfRtmr1 = "775b9f6bfe99f8a31396f0d0218e67ffa796d3b96ccf961cbb0deba48c79c00f082cda1a5567c1c16305f1fc210c13c6";
    private const string OvmfRtmr2 = "94eaf7a7bf398ed8d888c91057ae0261802e4f3df084213a76ca7f0b5055ac9d2241de43cd58d9e8b49c503bbf25f34a";

    [Fact]
    public void Replays_RealBoot_ToTheRegistersThatItsQuoteReported()
    {
        var log = Read(EventLogWriter.Ovmf().ToArray());

        Assert.Equal(20, log.Events.Length);
        Assert.Equal([OvmfRtmr0, OvmfRtmr1, OvmfRtmr2, new string('0', 96)], log.Replay().Select(Convert.ToHexStringLower));
    }

    [Fact]
    public void Explains_RealBoot_EventByEvent()
    {
        var log = Read(EventLogWriter.Ovmf().ToArray());

        Assert.Equal(
            [
                "EV_EFI_HANDOFF_TABLES2|tables that the firmware hands on: TdxTable|DescribedOnly",
                "EV_EFI_PLATFORM_FIRMWARE_BLOB2|a part of the firmware: Fv(XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX)|DescribedOnly",
                "EV_EFI_VARIABLE_DRIVER_CONFIG|a firmware setting: SecureBoot is not set|Verified",
                "EV_EFI_VARIABLE_DRIVER_CONFIG|a firmware setting: PK is not set|Verified",
                "EV_EFI_VARIABLE_DRIVER_CONFIG|a firmware setting: KEK is not set|Verified",
                "EV_EFI_VARIABLE_DRIVER_CONFIG|a firmware setting: db is not set|Verified",
                "EV_EFI_VARIABLE_DRIVER_CONFIG|a firmware setting: dbx is not set|Verified",
                "EV_SEPARATOR|the end of a phase: no error|Verified",
                "EV_PLATFORM_CONFIG_FLAGS|configuration of the platform: ACPI DATA|DescribedOnly",
                "EV_PLATFORM_CONFIG_FLAGS|configuration of the platform: ACPI DATA|DescribedOnly",
                "EV_PLATFORM_CONFIG_FLAGS|configuration of the platform: ACPI DATA|DescribedOnly",
                "EV_EFI_BOOT_SERVICES_APPLICATION|a boot loader or kernel: kernel, 10854912 bytes|DescribedOnly",
                "EV_EFI_VARIABLE_BOOT|a boot setting: BootOrder, 2 bytes|Verified",
                "EV_EFI_VARIABLE_BOOT|a boot setting: Boot0000, 62 bytes|Verified",
                "EV_EFI_ACTION|an action of the firmware: Calling EFI Application from Boot Option|Verified",
                "EV_SEPARATOR|the end of a phase: no error|Verified",
                "EV_EVENT_TAG|something that the operating system's loader read: kernel command line|DescribedOnly",
                "EV_EVENT_TAG|something that the operating system's loader read: initial RAM disk|DescribedOnly",
                "EV_EFI_ACTION|an action of the firmware: Exit Boot Services Invocation|Verified",
                "EV_EFI_ACTION|an action of the firmware: Exit Boot Services Returned with Success|Verified",
            ],
            log.Events.Select(e => $"{e.TypeName}|{e.Text}|{e.DataBinding}"));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 2, 2, 1, 1], log.Events.Select(e => e.Rtmr!.Value));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Replays_AsAnIndependentProgramDoes(bool alsoSha256)
    {
        var writer = new EventLogWriter(alsoSha256, vendor: [1, 2, 3]);
        for (var i = 0; i < 40; i++)
        {
            writer.Measure((uint)(i % 5), i % 7 == 0 ? 3u : 0xDu, Encoding.ASCII.GetBytes($"event {i}"));
        }

        using var directory = new TemporaryDirectory();
        await File.WriteAllBytesAsync(directory.File("log"), [.. writer.ToArray(), .. Enumerable.Repeat((byte)0xFF, 100)]);
        var script = Path.Combine(RepositoryPaths.Root, "tests", "independent", "replay_event_log.py");
        var answer = await ChildProgram.RunAsync("python3", ["-B", script, directory.File("log")]);

        Assert.Equal(0, answer.ExitCode);
        Assert.Equal(
            answer.Output.Trim().Split('\n'),
            Read(writer.ToArray()).Replay().Select((value, i) => $"RTMR{i} {Convert.ToHexStringLower(value)}"));
    }

    [Fact]
    public void Counts_UnusedSpace_AtTheEnd()
    {
        var log = EventLogWriter.Ovmf().ToArray();

        Assert.Equal(0, Read(log).UnusedBytes);
        Assert.Equal(3000, Read([.. log, .. Enumerable.Repeat((byte)0xFF, 3000)]).UnusedBytes);
        Assert.Equal(3000, Read([.. log, .. new byte[3000]]).UnusedBytes);
    }

    [Fact]
    public void ExtendsNothing_ByRemarksAndByMrtd()
    {
        var log = Read(new EventLogWriter().Measure(1, CcEvent.NoAction, [1]).Measure(0, CcEvent.Ipl, [2]).ToArray());

        Assert.All(log.Events, e => Assert.Null(e.Rtmr));
        Assert.All(log.Replay(), value => Assert.Equal(new byte[48], value));
    }

    [Fact]
    public void Extends_FromZero_InOrder()
    {
        var (a, b) = (SHA384.HashData([1]), SHA384.HashData([2]));

        var log = Read(new EventLogWriter().Measure(4, CcEvent.Ipl, [1]).Measure(4, CcEvent.Ipl, [2]).ToArray());

        byte[] once = SHA384.HashData([.. new byte[48], .. a]);
        Assert.Equal(SHA384.HashData([.. once, .. b]), log.Replay()[3]);
    }

    [Theory]
    [InlineData("grub_cmd: linux /vmlinuz ro\0", "linux /vmlinuz ro")]
    [InlineData("kernel_cmdline: /vmlinuz ro\0", "/vmlinuz ro")]
    [InlineData("/boot/grub/grub.cfg\0", "/boot/grub/grub.cfg")]
    public void Verifies_WhatABootLoaderMeasured_BehindItsPrefix(string logged, string measured)
    {
        var writer = new EventLogWriter()
            .Add(3, CcEvent.Ipl, SHA384.HashData(Encoding.ASCII.GetBytes(measured)), Encoding.ASCII.GetBytes(logged))
            .Add(3, CcEvent.Ipl, SHA384.HashData("contents of a file"u8), Encoding.ASCII.GetBytes(logged));

        Assert.Equal([EventDataBinding.Verified, EventDataBinding.DescribedOnly], Read(writer.ToArray()).Events.Select(e => e.DataBinding));
    }

    [Fact]
    public void Verifies_BootVariable_ByItsValueOrAsAWhole()
    {
        var variable = EventLogWriter.Variable("BootOrder", [0, 0]);
        var writer = new EventLogWriter()
            .Measure(1, 0x80000002, variable)
            .Add(1, 0x80000002, SHA384.HashData([0, 0]), variable)
            .Add(1, 0x80000002, new byte[48], variable);

        Assert.Equal(
            [EventDataBinding.Verified, EventDataBinding.Verified, EventDataBinding.Contradicted],
            Read(writer.ToArray()).Events.Select(e => e.DataBinding));
    }

    [Theory]
    [InlineData(0x4u)]
    [InlineData(0x5u)]
    [InlineData(0x8u)]
    [InlineData(0x80000001u)]
    [InlineData(0x80000006u)]
    [InlineData(0x80000007u)]
    [InlineData(0x8000000Cu)]
    [InlineData(0x800000E0u)]
    public void Finds_DataThatWereChanged_WhereTheyWereMeasured(uint type)
    {
        var writer = new EventLogWriter().Add(1, type, SHA384.HashData("the firmware's"u8), "somebody else's"u8.ToArray());

        Assert.Equal(EventDataBinding.Contradicted, Assert.Single(Read(writer.ToArray()).Events).DataBinding);
    }

    [Fact]
    public void Says_WhetherSecureBootIsOn()
    {
        var writer = new EventLogWriter().Measure(1, 0x80000001, EventLogWriter.Variable("SecureBoot", [1]));

        Assert.Equal("a firmware setting: SecureBoot is 1", Assert.Single(Read(writer.ToArray()).Events).Text);
    }

    [Fact]
    public void Prints_OnlyPlainCharacters_OfHostileText()
    {
        var writer = new EventLogWriter()
            .Measure(3, CcEvent.Ipl, Encoding.UTF8.GetBytes("a\u001b[2J\u202Eb\nc" + new string('x', 500)))
            .Measure(3, 0x12345678, [1]);

        var texts = Read(writer.ToArray()).Events.Select(e => e.Text).ToArray();
        Assert.StartsWith("something that the boot loader read or ran: a?[2J?b?cxxx", texts[0], StringComparison.Ordinal);
        Assert.EndsWith("...", texts[0], StringComparison.Ordinal);
        Assert.True(texts[0].Length < 260);
        Assert.Equal("an event of a type that is not known here", texts[1]);
    }

    [Fact]
    public void Refuses_LogsThatAreNotCryptoAgile()
    {
        var log = EventLogWriter.Ovmf().ToArray();

        AssertRefused("too short for its header", log[..31]);
        AssertRefused("does not start with EV_NO_ACTION", Changed(log, 4, 1));
        AssertRefused("does not start with EV_NO_ACTION", Changed(log, 8, 1));
        AssertRefused("'Spec ID Event03'", Changed(log, 32, (byte)'s'));
        AssertRefused("'Spec ID Event03'", Changed(log, 60, 0x0B));                    // SHA-256 in the place of SHA-384
        AssertRefused("'Spec ID Event03'", Changed(log, 62, 47));
        AssertRefused("'Spec ID Event03'", Changed(log, 56, 0));
        AssertRefused("'Spec ID Event03'", Changed(log, 64, 1));                       // vendor information that is not there
        AssertRefused("not a 'Spec ID Event03'", Changed(log, 31, 0xFF));
    }

    [Fact]
    public void Refuses_EventsThatLie_AboutTheirParts()
    {
        var writer = EventLogWriter.Ovmf();
        var (log, first) = (writer.ToArray(), writer.Offsets[0]);

        AssertRefused("event 1 at byte 65: a TD has no measurement register 5", Changed(log, first, 5));
        AssertRefused("event 1 at byte 65: 0 digests", Changed(log, first + 8, 0));
        AssertRefused("event 1 at byte 65: 2 digests", Changed(log, first + 8, 2));
        AssertRefused("lack SHA-384", Changed(log, first + 12, 0x0B));
        AssertRefused("its data end after the log", Changed(log, first + 12 + 50 + 2, 0xFF));
        AssertRefused("event 20 at byte", log[..(writer.Offsets[^1] + 11)]);
        AssertRefused("its data end after the log", log[..^1]);
        AssertRefused("event 21 at byte", [.. log, 0, 1]);
    }

    [Fact]
    public void Refuses_TwoDigestsOfOneAlgorithm()
    {
        var writer = new EventLogWriter(alsoSha256: true).Measure(1, CcEvent.Ipl, [1]);
        var log = writer.ToArray();

        AssertRefused("repeat an algorithm", Changed(log, writer.Offsets[0] + 12 + 34, 0x0B));
    }

    [Fact]
    public void Refuses_LogsBeyondTheLimit() => AssertRefused("larger than", new byte[CcEventLog.MaxSize + 1]);

    private static CcEventLog Read(byte[] bytes)
    {
        Assert.True(CcEventLog.TryRead(bytes, out var log, out var error), error);
        return log;
    }

    private static byte[] Changed(byte[] log, int offset, byte value)
    {
        var changed = (byte[])log.Clone();
        changed[offset] = value;
        return changed;
    }

    private static void AssertRefused(string reason, byte[] bytes)
    {
        Assert.False(CcEventLog.TryRead(bytes, out var log, out var error));
        Assert.Null(log);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }
}
