using Casemate.Quoting.Sgx;
using static Casemate.Quoting.Tests.Sgx.TracedProcess;

namespace Casemate.Quoting.Tests.Sgx;

/// <summary>
/// The report enclave's machine code, run by this machine's processor in a process of its own, with its pages where a loader would put them.
/// ENCLU stops it, as an invalid opcode without SGX and as a fault outside of enclaves with it: there the test does what the processor would.
/// </summary>
public sealed class ReportEnclaveCodeTests
{
    private const ulong Base = 0x41_0000;
    private const ulong Code = Base + 0x3000;
    private const ulong Data = Base + 0x4000;
    private const ulong Report = Code + 0x33;                              // the first ENCLU
    private const ulong Leave = Code + 0x61;                               // the second
    private const ulong Return = 0x40_0078;
    private const ulong Input = 0x42_0008;                                 // on no boundary that EREPORT would take
    private const ulong Output = 0x42_1010;
    private const ulong DirectionFlag = 0x400;

    private static readonly Register[] s_kept =
        [Register.Rsp, Register.Rbp, Register.R11, Register.R12, Register.R13, Register.R14, Register.R15];

    private static readonly Register[] s_used =
        [Register.Rcx, Register.Rdx, Register.Rsi, Register.Rdi, Register.R8, Register.R9, Register.R10];

    private static readonly byte[] s_input = [.. Enumerable.Range(0, 576).Select(i => (byte)((i * 31) + 7))];

    [Fact]
    public void ItReports_OverItsCopyOfTheInput_AndLeavesNothingBehind() => Skip(TracedProcess.Run(process =>
    {
        var report = Enumerable.Range(0, 432).Select(i => (byte)((i * 13) + 1)).ToArray();
        Load(process);
        Enter(process, stateSaveArea: 0);

        // EREPORT: leaf 0, TARGETINFO, REPORTDATA and REPORT in RBX, RCX and RDX, inside of the enclave and where they may lie.
        Assert.Contains(process.RunUntilStopped(), new[] { 4, 11 });
        var stopped = process.ReadRegisters();
        Assert.Equal(Report, Get(stopped, Register.Rip));
        var (target, data, output) = (Get(stopped, Register.Rbx), Get(stopped, Register.Rcx), Get(stopped, Register.Rdx));
        Assert.Equal((0UL, 0UL, 0UL, 0UL), (Get(stopped, Register.Rax), target % 512, data % 128, output % 512));
        Assert.All([target, data, output], address => Assert.InRange(address, Data, Data + 0x1000 - 512));
        Assert.Equal(s_input[..512], process.Read(target, 512));
        Assert.Equal(s_input[512..], process.Read(data, 64));
        Assert.All(process.Read(Output, 432), value => Assert.Equal(0xEE, value));

        // What the processor does, and on behind ENCLU, which changes no register.
        process.Write(output, report);
        Set(stopped, Register.Rip, Report + 3);
        process.WriteRegisters(stopped);
        Assert.Contains(process.RunUntilStopped(), new[] { 4, 11 });
        var left = AssertLeaves(process);

        Assert.Equal(report, process.Read(Output, 432));
        Assert.All(process.Read(Output + 432, 64).Concat(process.Read(Output - 16, 16)), value => Assert.Equal(0xEE, value));
        Assert.Equal(s_input, process.Read(Input, s_input.Length));
        Assert.All(s_used, register => Assert.True(Get(left, register) == 0, $"{register} holds 0x{Get(left, register):x}"));
        Assert.Equal(0UL, Get(left, Register.Flags) & DirectionFlag);

        // Of its own pages it has written the data page alone: the copies, and the report.
        foreach (var run in ReportEnclave.Layout.Runs.Where(run => run.Name != "data"))
        {
            Assert.Equal(run.Content.ToArray(), process.Read(Base + run.Offset, run.Content.Length));
        }

        Assert.All(process.Read(Data + 1024 + 432, 4096 - 1024 - 432), value => Assert.Equal(0, value));
    }));

    [Fact]
    public void EnteredAboveAnInterruptedEntry_ItLeavesAtOnce() => Skip(TracedProcess.Run(process =>
    {
        Load(process);
        Enter(process, stateSaveArea: 1);

        Assert.Contains(process.RunUntilStopped(), new[] { 4, 11 });
        var left = AssertLeaves(process);

        Assert.All(s_used, register => Assert.True(Get(left, register) == 0, $"{register} holds 0x{Get(left, register):x}"));
        Assert.All(process.Read(Output, 432), value => Assert.Equal(0xEE, value));
        Assert.All(process.Read(Data, 4096), value => Assert.Equal(0, value));
    }));

    private static void Load(TracedProcess process)
    {
        foreach (var run in ReportEnclave.Layout.Runs)
        {
            process.Write(Base + run.Offset, run.Content.Span);
        }

        process.Write(Input, s_input);
        process.Write(Output - 16, Enumerable.Repeat((byte)0xEE, 16 + 432 + 64).ToArray());
    }

    // As EENTER leaves the registers, with marks in those that the enclave must not change.
    private static void Enter(TracedProcess process, ulong stateSaveArea)
    {
        var registers = process.ReadRegisters();
        foreach (var (register, i) in s_kept.Select((register, i) => (register, i)))
        {
            Set(registers, register, Mark(i));
        }

        Set(registers, Register.Rax, stateSaveArea);
        Set(registers, Register.Rbx, Base);
        Set(registers, Register.Rcx, Return);
        Set(registers, Register.Rdx, 0);
        Set(registers, Register.Rdi, Input);
        Set(registers, Register.Rsi, Output);
        Set(registers, Register.R8, 0);
        Set(registers, Register.R9, 0);
        Set(registers, Register.R10, 0);
        Set(registers, Register.Rip, Code);
        Set(registers, Register.Flags, Get(registers, Register.Flags) | DirectionFlag);
        process.WriteRegisters(registers);
    }

    // EEXIT: leaf 4, and in RBX the address behind EENTER.
    private static byte[] AssertLeaves(TracedProcess process)
    {
        var left = process.ReadRegisters();
        Assert.Equal((Leave, 4UL, Return), (Get(left, Register.Rip), Get(left, Register.Rax), Get(left, Register.Rbx)));
        foreach (var (register, i) in s_kept.Select((register, i) => (register, i)))
        {
            Assert.True(Get(left, register) == Mark(i), $"{register} was changed to 0x{Get(left, register):x}");
        }

        return left;
    }

    private static ulong Mark(int number) => 0x0123_4567_89AB_0000UL + ((ulong)number * 0x100);

    private static void Skip(string? reason) => Assert.SkipWhen(reason is not null, reason ?? "");
}
