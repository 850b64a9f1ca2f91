using System.Collections.Immutable;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>The commands of one page, and a directory like a checkout in which they run as they are written.</summary>
internal sealed class PageCommands : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private PageCommands(ImmutableArray<string> commands, ImmutableArray<(string Command, string Output)> steps) =>
        (Commands, Steps) = (commands, steps);

    public ImmutableArray<string> Commands { get; }

    /// <summary>The same commands with what the page shows below each: empty where it shows nothing.</summary>
    public ImmutableArray<(string Command, string Output)> Steps { get; }

    /// <summary>The directory; <c>casemate</c> is in it.</summary>
    public string Path => _directory.Path;

    /// <summary>Reads a page, or one section of it.</summary>
    /// <param name="page">Its path inside the repository.</param>
    /// <param name="heading">The heading of the section, such as <c>### Example</c>; null for the whole page.</param>
    public static async Task<PageCommands> ReadAsync(string page, string? heading = null)
    {
        var text = await File.ReadAllTextAsync(System.IO.Path.Combine(RepositoryPaths.Root, page), TestContext.Current.CancellationToken);
        if (heading is not null)
        {
            var lines = text.Split('\n').SkipWhile(line => line != heading).ToList();
            Assert.NotEmpty(lines);
            text = string.Join('\n', lines.Skip(1).TakeWhile(line => !line.StartsWith('#')));
        }

        var commands = new PageCommands([.. CommandsOf(text)], [.. StepsOf(text)]);
        var wrapper = commands._directory.File("casemate");
        var casemate = ChildProgram.Casemate;
        await File.WriteAllTextAsync(
            wrapper, $"#!/bin/sh\nexec '{casemate.Program}' {string.Join(' ', casemate.Arguments.Select(a => $"'{a}'"))} \"$@\"\n",
            TestContext.Current.CancellationToken);
        await ChildProgram.RunAsync("chmod", ["+x", wrapper]);
        foreach (var name in (string[])["examples", "tests"])
        {
            File.CreateSymbolicLink(commands._directory.File(name), System.IO.Path.Combine(RepositoryPaths.Root, name));
        }

        return commands;
    }

    public Task<ChildProgram> RunAsync(string command, IReadOnlyDictionary<string, string?> environment) =>
        ChildProgram.RunAsync("sh", ["-c", command], environment: environment, directory: _directory.Path);

    public void Dispose() => _directory.Dispose();

    private static IEnumerable<(string Command, string Output)> StepsOf(string page)
    {
        foreach (var block in page.Split("\n```console\n").Skip(1).Select(rest => rest.Split("\n```")[0]))
        {
            foreach (var step in $"\n{block}".Split("\n$ ").Skip(1))
            {
                var lines = step.Replace("\\\n", "", StringComparison.Ordinal).Split('\n', 2);
                yield return (lines[0], lines.Length > 1 ? lines[1] : "");
            }
        }
    }

    // Lines that start with a dollar sign inside console blocks; a backslash at the end goes on in the next line.
    private static IEnumerable<string> CommandsOf(string page)
    {
        var (inBlock, command) = (false, "");
        foreach (var line in page.Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                inBlock = line == "```console";
            }
            else if (inBlock)
            {
                command += line.StartsWith("$ ", StringComparison.Ordinal) ? line[2..] : line.TrimStart();
                if (command.EndsWith('\\'))
                {
                    command = command[..^1];
                }
                else
                {
                    yield return command;
                    command = "";
                }
            }
        }
    }
}
