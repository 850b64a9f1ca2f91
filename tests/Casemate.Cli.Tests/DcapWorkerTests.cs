using System.Buffers.Binary;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary>
/// The program as the worker that holds Intel's quoting library: the built one, and the published file where that is tested.
/// </summary>
public sealed class DcapWorkerTests
{
    [Fact]
    public async Task Worker_EndsQuietly_WithTheQuoteHelper()
    {
        var ended = await RunAsync([]);

        Assert.Equal(0, ended.ExitCode);
        Assert.Empty(ended.Output);
        Assert.Empty(ended.Error);
    }

    [Fact]
    public async Task Worker_IsNoCommandForPeople()
    {
        var help = await ChildProgram.RunCasemateAsync("--help");

        Assert.DoesNotContain("dcap-worker", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_EndsOnGarbage()
    {
        var ended = await RunAsync([0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3]);

        Assert.Equal(0, ended.ExitCode);
        Assert.Empty(ended.Output);
    }

    [Fact]
    public async Task Worker_StaysAliveForItsAnswer_WhileTheQuoteHelperDoes()
    {
        // Load, from a directory that does not exist: the answer is that there is no such library.
        var directory = "/nonexistent"u8.ToArray();
        var frame = new byte[5 + directory.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, 1 + directory.Length);
        frame[4] = 1;
        directory.CopyTo(frame, 5);
        var start = new System.Diagnostics.ProcessStartInfo(
            ChildProgram.Casemate.Program, [.. ChildProgram.Casemate.Arguments, "dcap-worker"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var worker = System.Diagnostics.Process.Start(start)!;
        await worker.StandardInput.BaseStream.WriteAsync(frame);
        await worker.StandardInput.BaseStream.FlushAsync();
        var answer = new byte[9];
        await worker.StandardOutput.BaseStream.ReadExactlyAsync(answer);
        worker.StandardInput.Close();
        await worker.WaitForExitAsync();

        Assert.Equal(0xE1, answer[4]);
        Assert.Equal(40, answer[5]);                                       // AESM: interface unavailable
        Assert.Equal(0, worker.ExitCode);
    }

    private static Task<ChildProgram> RunAsync(byte[] input) =>
        ChildProgram.RunAsync(ChildProgram.Casemate.Program, [.. ChildProgram.Casemate.Arguments, "dcap-worker"], input);
}
