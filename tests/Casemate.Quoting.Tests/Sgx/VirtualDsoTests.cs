using System.Runtime.InteropServices;
using Casemate.Quoting.Sgx;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Sgx;

/// <summary>How the way into enclaves is found, in this machine's own vDSO and in what is none.</summary>
public sealed unsafe class VirtualDsoTests
{
    private const string Clock = "__vdso_clock_gettime";                   // since Linux 2.6.24, in every kernel of x86-64

    [Fact]
    public void AFunctionOfThisMachine_IsFound_AndIsTheFunction()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64, "the name is one of Linux on x86-64");
        Assert.True(SgxKernel.TryFind(Clock, out var function, out var problem), problem);

        var seconds = stackalloc long[2];
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Assert.Equal(0, ((delegate* unmanaged<int, long*, int>)function)(0, seconds));     // CLOCK_REALTIME
        Assert.InRange(seconds[0], before - 1, before + 60);
    }

    [Fact]
    public void AFunctionThatIsNotThere_IsNamed()
    {
        Assert.False(SgxKernel.TryFind("__vdso_make_tea", out var function, out var problem));
        Assert.Equal(("the kernel's vDSO has no __vdso_make_tea", (nuint)0), (problem, function));
    }

    [Fact]
    public void ASample_HasItsFunction_WhereItsSymbolSays()
    {
        var image = new ElfSample { Symbols = [('D', VirtualDso.EnterEnclave, 1)] }.ToBytes();

        var isFound = VirtualDso.TryFind(image, VirtualDso.EnterEnclave, out var offset, out var problem);

        Assert.True(isFound, problem);
        Assert.InRange(offset, 0, image.Length - 1);
        var needed = new ElfSample { Symbols = [('U', VirtualDso.EnterEnclave, 1)] }.ToBytes();
        Assert.False(VirtualDso.TryFind(needed, VirtualDso.EnterEnclave, out _, out _));
    }

    [Fact]
    public void WhatIsNoObject_AndWhatIsCutOff_IsRefused()
    {
        var image = new ElfSample { Symbols = [('D', VirtualDso.EnterEnclave, 1)] }.ToBytes();
        for (var length = 0; length < image.Length; length++)
        {
            var isFound = VirtualDso.TryFind(image.AsMemory(0, length), VirtualDso.EnterEnclave, out var offset, out var problem);
            Assert.True(isFound ? offset < length : problem!.Contains("the kernel's vDSO", StringComparison.Ordinal), $"{length} bytes: {problem}");
        }

        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            var damaged = (byte[])image.Clone();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (VirtualDso.TryFind(damaged, VirtualDso.EnterEnclave, out var offset, out _))
            {
                Assert.InRange(offset, 0, damaged.Length - 1);
            }
        }
    }

    [Theory]
    [InlineData("7fff0000-7fff2000 r-xp 00000000 00:00 0                          [vdso]", true)]
    [InlineData("7fff0000-7fff2000 r-xp 00000000 00:00 0                          [vvar]", false)]
    [InlineData("7fff2000-7fff0000 r-xp 00000000 00:00 0                          [vdso]", false)]
    [InlineData("0-2000 r-xp 00000000 00:00 0                          [vdso]", false)]
    [InlineData("1000-7fffffff0000 r-xp 00000000 00:00 0                          [vdso]", false)]
    [InlineData("tea r-xp [vdso]", false)]
    [InlineData(" [vdso]", false)]
    public void ALineOfMappings_IsReadStrictly(string line, bool isFound)
    {
        Assert.Equal(isFound, VirtualDso.TryLocate(["00400000-00401000 r-xp 0 0:0 0 /bin/true", line], out var start, out var size));
        Assert.Equal(isFound ? ((nuint)0x7fff0000, 0x2000) : (0, 0), (start, size));
    }
}
