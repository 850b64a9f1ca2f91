using Casemate.KataPolicy.Layers;
using Casemate.Oci;
using Casemate.Testing;

namespace Casemate.KataPolicy.Tests.Layers;

/// <summary>An ext4 image in a file, with the tools of e2fsprogs that read it.</summary>
internal sealed class Ext4Image : IExt4Device, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FileStream _file;
    private long _end;

    public Ext4Image() => _file = File.Create(Path);

    public string Path => _directory.File("image");

    public static string? Tool(string name) => new[] { "/usr/sbin/", "/sbin/", "/usr/bin/" }.Select(place => place + name).FirstOrDefault(File.Exists);

    public static async Task<Ext4Image> OfAsync(SampleLayer layer)
    {
        var image = new Ext4Image();
        await new LayerRoots().WriteExt4Async(
            image, await layer.OpenAsync(layer.Descriptor, CancellationToken.None), layer.Descriptor, layer.DiffId, "sample", new WatchedFileCollector(),
            TestContext.Current.CancellationToken);
        image.Complete();
        return image;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _file.Position = _end;
        _end += bytes.Length;
        if (bytes.ContainsAnyExcept((byte)0))
        {
            _file.Write(bytes);
        }
    }

    public void AppendZeros(long count) => _end += count;

    public void Replace(long block, ReadOnlySpan<byte> content)
    {
        _file.Position = block * Ext4Writer.BlockBytes;
        _file.Write(content);
    }

    /// <summary>Ends the file; what was zeros is a hole.</summary>
    public void Complete()
    {
        _file.SetLength(_end);
        _file.Dispose();
    }

    /// <summary>
    /// Runs the checker. It may find one thing: bits behind the last inode of a group, which mean nothing and which the writer that ours
    /// follows leaves clear.
    /// </summary>
    public async Task RequireCleanAsync()
    {
        Assert.SkipWhen(Tool("e2fsck") is null, "e2fsck is not installed (Debian: e2fsprogs).");
        var run = await ChildProgram.RunAsync(Tool("e2fsck")!, ["-fn", Path]);
        var findings = run.Output.Split('\n').Where(line => line.EndsWith("? no", StringComparison.Ordinal) || line.Contains("yes", StringComparison.Ordinal));
        Assert.All(findings, finding => Assert.Equal("Padding at end of inode bitmap is not set. Fix? no", finding.Trim()));
        Assert.True(run.ExitCode is 0 or 4, run.Output + run.Error);
        Assert.Contains("Pass 5", run.Output, StringComparison.Ordinal);
    }

    /// <summary>Asks debugfs.</summary>
    public async Task<string> AskAsync(string question)
    {
        Assert.SkipWhen(Tool("debugfs") is null, "debugfs is not installed (Debian: e2fsprogs).");
        var run = await ChildProgram.RunAsync(Tool("debugfs")!, ["-R", question, Path]);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Output;
    }

    /// <summary>The content of a file.</summary>
    public async Task<byte[]> ContentAsync(string path)
    {
        var to = _directory.File("content");
        File.Delete(to);
        _ = await AskAsync($"dump {path} {to}");
        return await File.ReadAllBytesAsync(to, TestContext.Current.CancellationToken);
    }

    public Task<byte[]> BytesAsync() => File.ReadAllBytesAsync(Path, TestContext.Current.CancellationToken);

    public void Dispose()
    {
        _file.Dispose();
        _directory.Dispose();
    }
}
