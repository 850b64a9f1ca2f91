using Casemate.Measurement.Enclave;
using Casemate.Testing;
using Casemate.Testing.Enclaves;

namespace Casemate.Measurement.Tests.Enclave;

/// <summary>Enclaves that the system's compiler and linker made, so that no shape is only what the tests imagine.</summary>
public sealed class CompiledEnclaveTests : EnclaveTestBase
{
    private const string Source = """
        #define KIT __attribute__((visibility("default"), used))
        typedef unsigned long long u64;
        KIT u64 _enclave_rva = 1, _reloc_rva = 1, _reloc_size = 1, _tdata_rva = 1, _tdata_size = 1, _tdata_align = 1;
        KIT u64 _tbss_size = 1, _tbss_align = 1, _td_from_tcs_offset = 1;
        static struct { unsigned size, type; u64 heap, stack, threads; unsigned short product, version; unsigned flags;
                 unsigned char ids[32]; u64 attributes, xfrm, start, image[6]; unsigned char structure[1808]; u64 end; }
            properties __attribute__((section(".oeinfo"), used)) =
            { .size = 1960, .type = 1, .heap = 9, .stack = 3, .threads = 2, .product = 5, .version = 6, .attributes = 4 };
        __thread int initialised = 42;
        __thread char zeroed[300];
        static char zeros[20000];
        const char *texts[] = { "one", "two", "three" };
        KIT int touch(int i) { zeroed[i] = (char)i; zeros[i] = 1; return initialised + texts[i][0]; }
        void _start(void) { touch(1); }
        """;

    public static TheoryData<string> Options => ["-O2", "-O0 -Wl,-z,now", "-O2 -Wl,-z,noseparate-code", "-Os -Wl,-z,max-page-size=0x200000"];

    [Theory]
    [MemberData(nameof(Options))]
    public async Task ACompiledEnclave_MeasuresAsTheIndependentProgramSays(string options)
    {
        Assert.SkipWhen(!IsInstalled("gcc"), "'gcc' is not installed (Debian: apt-get install gcc)");
        using var directory = new TemporaryDirectory();
        var (source, library) = (Path.Combine(directory.Path, "enclave.c"), Path.Combine(directory.Path, "enclave.so"));
        await File.WriteAllTextAsync(source, Source, TestContext.Current.CancellationToken);
        var compiled = await ChildProgram.RunAsync(
            "gcc", ["-shared", "-fPIC", "-nostdlib", "-fno-stack-protector", "-ftls-model=initial-exec", .. options.Split(' '), "-Wl,-e,_start", "-o", library, source]);
        Assert.Equal((0, ""), (compiled.ExitCode, compiled.Error));

        var signed = Sign(EnclaveSigning.Prepare(await File.ReadAllBytesAsync(library, TestContext.Current.CancellationToken), Today));

        var variant = Assert.Single(EnclaveFile.Inspect(signed, Noon).Variants);
        Assert.Equal(MrEnclaveState.Matches, variant.State);
        var (exitCode, measured) = await MeasureIndependently("open-enclave", signed);
        Assert.Equal([Hex(variant.MrEnclave)], measured);
        Assert.Equal(0, exitCode);
    }
}
