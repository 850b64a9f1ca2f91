using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Casemate.Measurement.Enclave;
using Casemate.Quoting.Devices;
using Casemate.Quoting.Sgx;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Quoting.Tests.Sgx;

/// <summary>The calls into the running kernel, without SGX: with devices that are none of it, and code in place of the vDSO's.</summary>
public sealed unsafe class SgxKernelTests
{
    [Fact]
    public void AFileThatIsNoDevice_IsToldByTheKernel()
    {
        var loader = new ReportEnclaveLoader(new WithEntry(), "/dev/null", EnclaveSigningKey.GenerateEphemeral);

        var failure = Assert.Throws<EvidenceProviderException>(() => loader.Report(new byte[512], new byte[64]));

        Assert.Contains(
            "/dev/null: the enclave cannot be created (ECREATE): this is no device of the kernel's SGX driver (error 25", failure.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ADeviceThatIsNotThere_IsNamed()
    {
        var failure = Assert.Throws<EvidenceProviderException>(() => new ReportEnclaveLoader("/dev/null/sgx").Report(new byte[512], new byte[64]));

        Assert.Contains("/dev/null/sgx: it does not exist", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PagesOfADevice_AreMappedWhereTheyBelong_WithTheRightsThatWereAsked()
    {
        var kernel = SgxKernel.Instance;
        Assert.Equal(0, kernel.Open("/dev/zero", out var device));
        using (device)
        {
            Assert.Equal(0, kernel.Reserve(0x10000, out var address));
            try
            {
                Assert.Equal("---p", RightsAt(address));
                Assert.Equal(0, kernel.Map(device, address + 0x2000, 0x1000, SecInfoFlags.Regular | SecInfoFlags.Read | SecInfoFlags.Write));
                Assert.Equal("rw-s", RightsAt(address + 0x2000));
                *(int*)(address + 0x2000) = 7;
                Assert.Equal(0, kernel.Map(device, address + 0x2000, 0x1000, SecInfoFlags.Regular | SecInfoFlags.Read));
                Assert.Equal(("r--s", 0), (RightsAt(address + 0x2000), *(int*)(address + 0x2000)));
            }
            finally
            {
                kernel.Release(address, 0x10000);
            }

            Assert.Null(RightsAt(address + 0x2000));
            Assert.Equal(ErrorNumber.Invalid, kernel.Map(device, address + 1, 0x1000, SecInfoFlags.Read));
        }
    }

    // Code that writes down what it was called with stands where the kernel's function would.
    [Fact]
    public void TheWayIn_IsCalledAsTheUapiHasIt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64, "the code is of Linux on x86-64");
        ReadOnlySpan<byte> code =
        [
            0x48, 0x8B, 0x44, 0x24, 0x08,                   // mov  rax, [rsp + 8]     ; run, the seventh argument
            0x48, 0x89, 0x78, 0x10,                         // mov  [rax + 16], rdi
            0x48, 0x89, 0x70, 0x18,                         // mov  [rax + 24], rsi
            0x48, 0x89, 0x50, 0x20,                         // mov  [rax + 32], rdx
            0x89, 0x48, 0x28,                               // mov  [rax + 40], ecx
            0x4C, 0x89, 0x40, 0x30,                         // mov  [rax + 48], r8
            0x4C, 0x89, 0x48, 0x38,                         // mov  [rax + 56], r9
            0xC7, 0x40, 0x08, 0x04, 0x00, 0x00, 0x00,       // mov  dword [rax + 8], 4
            0xB8, 0xEA, 0xFF, 0xFF, 0xFF,                   // mov  eax, -22
            0xC3,                                           // ret
        ];
        var kernel = SgxKernel.Instance;
        Assert.Equal(0, kernel.Open("/dev/zero", out var device));
        Assert.Equal(0, kernel.Reserve(0x1000, out var address));
        try
        {
            var error = kernel.Map(device, address, 0x1000, SecInfoFlags.Read | SecInfoFlags.Write | SecInfoFlags.Execute);
            Assert.SkipWhen(error is ErrorNumber.NotPermitted or ErrorNumber.AccessDenied, "memory of a device cannot be executed here");
            Assert.Equal(0, error);
            code.CopyTo(new Span<byte>((void*)address, 0x1000));
            var run = new byte[EnclaveRun.Size];
            EnclaveRun.WriteThread(run, Number(0x1122_3344_5566_7788));

            Assert.Equal(-22, kernel.Enter(address, Number(0x0102_0304_0506_0708), Number(0x1112_1314_1516_1718), run));

            Assert.Equal(0x1122_3344_5566_7788UL, U64(run, 0));
            Assert.Equal(EnclaveRun.Exit, EnclaveRun.Function(run));
            Assert.Equal((0x0102_0304_0506_0708UL, 0x1112_1314_1516_1718UL), (U64(run, 16), U64(run, 24)));
            Assert.Equal((0UL, 2UL, 0UL, 0UL), (U64(run, 32), U64(run, 40), U64(run, 48), U64(run, 56)));
        }
        finally
        {
            kernel.Release(address, 0x1000);
            device.Dispose();
        }
    }

    private static string? RightsAt(nuint address) => File.ReadLines("/proc/self/maps")
        .Select(line => line.Split(' ', 3))
        .Select(fields => (Range: fields[0].Split('-').Select(text => Convert.ToUInt64(text, 16)).ToArray(), Rights: fields[1]))
        .Where(line => line.Range[0] <= address && address < line.Range[1])
        .Select(line => line.Rights).FirstOrDefault();

    private static nuint Number(ulong value) => (nuint)value;

    private static ulong U64(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(offset));

    // The running kernel, with a way into enclaves that this machine's may not have. It is not reached.
    private sealed class WithEntry : ISgxKernel
    {
        public int Open(string path, out SafeFileHandle device) => SgxKernel.Instance.Open(path, out device);

        public int Control(SafeFileHandle device, uint request, Span<byte> argument) => SgxKernel.Instance.Control(device, request, argument);

        public bool TryFindEntry(out nuint function, [NotNullWhen(false)] out string? problem)
        {
            (function, problem) = (0, null);
            return true;
        }

        public int Reserve(nuint length, out nuint address) => SgxKernel.Instance.Reserve(length, out address);

        public int Map(SafeFileHandle device, nuint address, nuint length, SecInfoFlags rights) =>
            SgxKernel.Instance.Map(device, address, length, rights);

        public void Release(nuint address, nuint length) => SgxKernel.Instance.Release(address, length);

        public int Enter(nuint function, nuint rdi, nuint rsi, Span<byte> run) => throw new InvalidOperationException("nothing was loaded");
    }
}
