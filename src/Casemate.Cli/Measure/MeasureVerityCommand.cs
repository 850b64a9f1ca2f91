using System.Globalization;
using System.Security.Cryptography;
using Casemate.Cli.Commands;
using Casemate.Cli.Image;
using Casemate.Cli.Output;
using Casemate.Measurement.Verity;
using Casemate.Primitives;
using Casemate.Primitives.Files;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure verity</c>.</summary>
internal sealed partial class MeasureVerityCommand : CliCommand
{
    private const string UnreadableRemedy = "Name a file with the image of a file system, or a block device that this user may read.";

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var path = context.Arguments.GetValue(_file)!;
        if (context.Arguments.GetValue(_devices) is not null && context.Arguments.GetValue(_commandLine) is null)
        {
            throw CliException.Usage("--devices is for the line of --cmdline, and none is asked for", "Add --cmdline kata, systemd or dm-mod.");
        }

        var options = OptionsOf(context);
        var treePath = context.Arguments.GetValue(_tree);
        Guid? uuid = context.Arguments.GetValue(_uuid) is not { } text ? null
            : Guid.TryParseExact(text, "D", out var parsed) ? parsed
            : throw CliException.Usage($"--uuid '{text}' is not an identifier", "Write it as f81d4fae-7dec-11d0-a765-00a0c91e6bf6.");
        if (uuid is not null && treePath is null)
        {
            throw CliException.Usage("--uuid is for the superblock of a tree, and no tree is written", "Add --tree-out FILE.");
        }

        if (treePath is not null)
        {
            OutputFile.Require("--tree-out", treePath);
            if (IsSameFile(path, treePath))
            {
                throw CliException.Usage($"--tree-out: '{treePath}' is the data itself, which the tree would replace", "Name another file.");
            }
        }

        var expected = context.Arguments.GetValue(_expect) is { } hex ? Hex("--expect", hex) : null;
        VerityRoot root;
        try
        {
            await using var data = InputFile.Open(null, path, UnreadableRemedy);
            using var line = new WorkLine(context);
            var progress = new Progress(read => line.Show(() => $"{ByteCount.Text(read)} hashed"));
            root = treePath is null
                ? await Verity.RootAsync(data, options, progress, cancellationToken)
                : await WriteTreeAsync(data, treePath, options, uuid, progress, cancellationToken);
        }
        catch (VerityException failure)
        {
            throw failure.Error is VerityError.InvalidOptions
                ? CliException.Usage(failure.Message, failure.Remedy)
                : CliException.BadInput($"'{path}': {failure.Message}", RemedyFor(failure, options), failure);
        }
        catch (IOException failure)
        {
            throw CliException.BadInput($"'{path}' cannot be read to its end: {failure.Message}", UnreadableRemedy, failure);
        }

        Write(context.Console, root, CommandLineOf(context, root));
        return expected is null || root.Hash.Span.SequenceEqual(expected)
            ? ExitCode.Success
            : throw new CliException(ExitCode.Refused, $"the root hash of '{path}' is another than --expect", "The file or a parameter differs.");
    }

    private static string? RemedyFor(VerityException failure, VerityOptions options) => failure.Error switch
    {
        VerityError.PartialBlock => $"Pad the image to whole blocks (truncate -s %{options.DataBlockSize} FILE), or say with --blocks how many are "
            + "meant: no root covers a part of a block.",
        VerityError.DataTooShort => "Name fewer blocks with --blocks, or none for all of the file.",
        VerityError.Empty => "Name the image of a file system.",
        _ => failure.Remedy,
    };

    // Links are followed: the tree takes the place of the file that a name leads to.
    private static bool IsSameFile(string first, string second)
    {
        static string Target(string path)
        {
            try
            {
                return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
            {
                return Path.GetFullPath(path);
            }
        }

        return first.Length > 0 && string.Equals(Target(first), Target(second), StringComparison.Ordinal);
    }

    // Beside its place and then renamed: a tree is larger than what is held in memory, and half a tree must not look like one.
    private static async Task<VerityRoot> WriteTreeAsync(
        FileStream data, string path, VerityOptions options, Guid? uuid, IProgress<long> progress, CancellationToken cancel)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var temporary = Path.Combine(directory, $".tmp-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}");
        try
        {
            VerityRoot root;
            await using (var tree = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                root = await Verity.WriteTreeAsync(data, tree, options, uuid, progress, cancel);
                tree.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            AtomicFile.FlushDirectory(directory);
            return root;
        }
        catch (Exception failed) when (failed is (IOException and not EndOfStreamException) or UnauthorizedAccessException)
        {
            throw OutputFile.Refused("--tree-out", path, failed);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void Write(ConsoleOutput console, VerityRoot root, string? commandLine)
    {
        var options = root.Options;
        if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", ApiVersion.V1);
                json.WriteString("rootHash", root.Hex);
                json.WriteString("hash", options.Algorithm.ToString().ToLowerInvariant());
                json.WriteNumber("hashType", options.HashType);
                json.WriteString("salt", Convert.ToHexStringLower(options.Salt.Span));
                json.WriteNumber("dataBlockSize", options.DataBlockSize);
                json.WriteNumber("hashBlockSize", options.HashBlockSize);
                json.WriteNumber("dataBlocks", root.DataBlocks);
                json.WriteNumber("treeBlocks", root.TreeBlocks);
                json.WriteString("profile", options.Profile.ToString().ToLowerInvariant());
                if (commandLine is not null)
                {
                    json.WriteString("commandLine", commandLine);
                }
            });
            return;
        }

        // A command line is taken into another by a script: nothing may stand beside it.
        console.Out.WriteLine(commandLine ?? console.Paint(Tone.Strong, root.Hex));
        if (commandLine is not null)
        {
            console.Note($"root {root.Hex}");
        }

        console.Note(string.Create(
            CultureInfo.InvariantCulture,
            $"{Plural.Of(root.DataBlocks, "block")} of {options.DataBlockSize} bytes; tree of {Plural.Of(root.TreeBlocks, "block")} "
            + $"of {options.HashBlockSize} bytes"));
    }

    private sealed class Progress(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
