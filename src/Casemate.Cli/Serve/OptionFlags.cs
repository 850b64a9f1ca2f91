using System.Security.Cryptography;
using Casemate.Cli.Output;
using Casemate.Collateral.Store;
using Casemate.Serve;

namespace Casemate.Cli.Serve;

/// <summary>What a service's options are called on the command line, to put its objections into the reader's words.</summary>
/// <param name="names">
/// The setting of each option, as <c>(nameof(Options.Listen), Settings.Listen)</c>. A phrase of several options, such as
/// <c>CertPath or CertPort</c>, may stand for one setting.
/// </param>
internal sealed class OptionFlags(params (string Option, Setting Setting)[] names)
{
    /// <summary>
    /// Which causes are the fault of a file that the settings name (exit code 3) and not of the machine (4). Default: one that holds no
    /// key or certificate.
    /// </summary>
    public Func<Exception, bool> IsBadInput { get; init; } = cause => cause is CryptographicException;

    /// <summary>Starts a service.</summary>
    /// <exception cref="CliException">
    /// A setting makes no sense (exit code 2), a file that it names is wrong (3), or the machine refuses something (4).
    /// </exception>
    /// <param name="start">Starts it.</param>
    /// <param name="places">Where it keeps things, and the option that says so.</param>
    public async Task<TService> StartAsync<TService>(
        Func<Task<TService>> start, params IReadOnlyList<(string? Path, string Flag)> places)
    {
        try
        {
            return await start();
        }
        catch (ServeStartException exception)
        {
            throw Translate(exception, places);
        }
    }

    /// <summary>Puts objections to options into the words of the command line.</summary>
    /// <param name="exception">The objections.</param>
    /// <param name="places">Where the service keeps things, and the option that says so.</param>
    public CliException Translate(ServeStartException exception, params IReadOnlyList<(string? Path, string Flag)> places)
    {
        // Without a cause nothing was tried: the settings themselves are wrong. What failed underneath is a file's or the machine's.
        var code = exception.InnerException switch
        {
            null => ExitCode.Usage,
            var cause when IsBadInput(cause) => ExitCode.BadInput,
            _ => ExitCode.Unreachable,
        };
        var problems = exception.Problems.Select(InFlags).ToList();
        return new CliException(
            code, problems[0], problems.Count > 1 ? string.Join(' ', problems.Skip(1)) : RemedyOf(exception, places), exception);
    }

    // A service knows its files, and not what they are called on a command line.
    private static string? RemedyOf(ServeStartException exception, IReadOnlyList<(string? Path, string Flag)> places)
    {
        var problem = exception.Problems[0];
        var cause = exception.InnerException is CollateralStoreException { InnerException: { } underneath }
            ? underneath
            : exception.InnerException;
        if (cause is not (IOException or UnauthorizedAccessException)
            || places.FirstOrDefault(place => place.Path is { } path && problem.Contains(path, StringComparison.Ordinal))
                is not { Path: not null } place)
        {
            return null;
        }

        return problem.Contains("in use", StringComparison.Ordinal)
            ? $"Stop the other process, or name another place with {place.Flag}."
            : OutputFile.RemedyFor(place.Flag, cause);
    }

    // Longest first: a phrase before the words in it.
    private string InFlags(string problem) => names.OrderByDescending(name => name.Option.Length)
        .Aggregate(problem, (text, name) => WithWordReplaced(text, name.Option, name.Setting.Flag));

    // Whole words alone: a path may have the same letters in it.
    private static string WithWordReplaced(string text, string word, string replacement)
    {
        for (var at = 0; (at = text.IndexOf(word, at, StringComparison.Ordinal)) >= 0; at++)
        {
            var end = at + word.Length;
            if ((at == 0 || text[at - 1] is ' ') && (end == text.Length || text[end] is ' ' or ':' or ';' or ',' or '.'))
            {
                text = string.Concat(text.AsSpan(0, at), replacement, text.AsSpan(end));
            }
        }

        return text;
    }
}
