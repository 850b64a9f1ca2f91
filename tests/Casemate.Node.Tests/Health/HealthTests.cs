using System.Text;
using Casemate.Node.Discovery;
using Casemate.Node.Health;
using Casemate.Testing;

namespace Casemate.Node.Tests.Health;

/// <summary>Hardware that was well when it was offered.</summary>
public sealed class HealthTests
{
    private const string Leak = "sgx: EREMOVE returned 13 (0xd) and an EPC page was leaked. "
        + "SGX may become unusable. Refer to Documentation/arch/x86/sgx.rst for more information.";

    [Fact]
    public void TheSameHardware_IsWell() => Assert.Equal(HardwareHealth.Good, Judge(Machine().Scan()));

    [Fact]
    public void ADeviceThatIsGone_IsUnhealthy()
    {
        var machine = Machine();
        machine.Devices = "char /dev/sgx_provision 10 126 0660 106\n";

        var health = Judge(machine.Scan());

        Assert.False(health.Healthy);
        Assert.Equal(new HealthProblem(HealthProblemId.DeviceGone, "The enclave device /dev/sgx_enclave is gone."),
            Assert.Single(health.Problems));
    }

    [Fact]
    public void ADeviceWithOtherNumbers_IsUnhealthy()
    {
        var machine = Machine();
        machine.Devices = TestMachine.InKernel.Replace("125", "58");

        Assert.Equal(HealthProblemId.DeviceChanged, Assert.Single(Judge(machine.Scan()).Problems).Id);
        Assert.False(Judge(machine.Scan()).Healthy);
    }

    [Fact]
    public void ADeviceThatCameBack_IsWellAgain()
    {
        var machine = Machine();
        var offered = machine.Scan();
        machine.Devices = "";
        var monitor = new HealthMonitor(machine, null);

        Assert.False(monitor.Look(offered, machine.Scan()).Healthy);
        machine.Devices = TestMachine.InKernel;
        Assert.True(monitor.Look(offered, machine.Scan()).Healthy);
    }

    [Theory]
    [InlineData("4294967296", HealthProblemId.EpcTotalChanged, true)]
    [InlineData("0", HealthProblemId.EpcGone, false)]
    public void AnotherAmountOfEpc_IsTold(string now, HealthProblemId expected, bool healthy)
    {
        var health = Judge(Machine().Epc(0, now).Scan());

        Assert.Equal(expected, Assert.Single(health.Problems).Id);
        Assert.Equal(healthy, health.Healthy);
    }

    [Fact]
    public void ALeak_IsCounted_FromTheKernelsLog()
    {
        var log = new KernelLog();

        Assert.True(log.Take(Record(4, 100, Leak)));
        Assert.True(log.Take(Record(4, 101, "sgx: EREMOVE returned -5 (0xfffffffb) and an EPC page was leaked.")));
        Assert.Equal((2, 101), (log.LeakedPages, log.LastSequence));
    }

    [Fact]
    public void TheSameRecordTwice_IsCountedOnce()
    {
        var log = new KernelLog();
        log.Take(Record(4, 100, Leak));

        Assert.False(log.Take(Record(4, 100, Leak)));
        Assert.Equal(1, log.LeakedPages);
    }

    [Fact]
    public void ARecordOfAProgram_IsNotTheKernels() => Assert.False(new KernelLog().Take(Record(8 + 4, 100, Leak)));

    [Theory]
    [InlineData("")]
    [InlineData(";")]
    [InlineData("4;" + Leak)]
    [InlineData("4,x,5,-;" + Leak)]
    [InlineData("-4,1,5,-;" + Leak)]
    [InlineData("99999999999,1,5,-;" + Leak)]
    [InlineData("4,1,5,-" + Leak)]
    [InlineData("4,1,5,-;sgx: EPC section 0x80200000-0x85ffffff")]
    [InlineData("4,1,5,-;and an EPC page was leaked EREMOVE returned")]
    [InlineData("4,1,5,-;x\n KEY=" + Leak)]
    public void AnotherRecord_IsNoLeak(string record) => Assert.False(new KernelLog().Take(Encoding.UTF8.GetBytes(record)));

    [Fact]
    public void ARecordThatIsTooLong_IsNone() => Assert.False(new KernelLog().Take(Record(4, 1, Leak + new string('x',
        KernelLog.LongestRecord))));

    [Fact]
    public void TheMonitor_ReadsTheLog_AndTellsLostEpc()
    {
        var machine = Machine();
        var hardware = machine.Scan();
        using var source = new Records(Record(6, 1, "sgx: EPC section"), Record(4, 2, Leak));
        var monitor = new HealthMonitor(machine, source);

        var health = monitor.Look(hardware, hardware);

        Assert.True(health.Healthy);
        Assert.Equal((HealthProblemId.EpcLeaked, 4096), (Assert.Single(health.Problems).Id, health.LeakedBytes));
    }

    [Fact]
    public void ALimitThatWasHit_IsToldOnce_AndOldCountsAreNot()
    {
        var machine = Machine().With("/sys/fs/cgroup/misc.events", "sgx_epc.max 3\n");
        var hardware = machine.Scan();
        var monitor = new HealthMonitor(machine, null);

        Assert.Empty(monitor.Look(hardware, hardware).Problems);
        machine.With("/sys/fs/cgroup/misc.events", "sgx_epc.max 5\n");
        Assert.Equal(
            "sgx_epc.max went from 3 to 5: allocations failed at a limit.", Assert.Single(monitor.Look(hardware,
                hardware).Problems).Message);
        Assert.Empty(monitor.Look(hardware, hardware).Problems);
    }

    [Fact]
    public void ALogThatCannotBeOpened_IsNone_WithTheReason()
    {
        using var directory = new TemporaryDirectory();

        Assert.Null(KernelLogDevice.TryOpen(directory.File("kmsg"), out var problem));
        Assert.Contains("kmsg: No such file", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ALogDevice_GivesWhatIsThere_WithoutWaiting()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("kmsg"), Record(4, 7, Leak));
        using var device = KernelLogDevice.TryOpen(directory.File("kmsg"), out _);
        var buffer = new byte[KernelLog.LongestRecord];

        Assert.True(device!.TryRead(buffer, out var length));
        Assert.True(new KernelLog().Take(buffer.AsSpan(0, length)));
        Assert.False(device.TryRead(buffer, out _));
    }

    private static TestMachine Machine() => new TestMachine().Epc(0, "8589934592\n");

    private static HardwareHealth Judge(NodeHardware now) => HardwareHealth.Judge(Machine().Scan(), now, 0, [], []);

    private static byte[] Record(int priority, long sequence,
        string text) => Encoding.UTF8.GetBytes($"{priority},{sequence},123456,-;{text}\n");

    private sealed class Records(params byte[][] records) : IKernelLogSource
    {
        private readonly Queue<byte[]> _records = new(records);

        public bool TryRead(Span<byte> buffer, out int length)
        {
            length = 0;
            if (!_records.TryDequeue(out var record))
            {
                return false;
            }

            record.CopyTo(buffer);
            length = record.Length;
            return true;
        }

        public void Dispose() => _records.Clear();
    }
}
