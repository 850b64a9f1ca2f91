using System.CommandLine;
using System.Globalization;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Addon;

/// <summary><c>--timeout SECONDS</c>.</summary>
/// <param name="what">What is limited: a sentence.</param>
/// <param name="seconds">The default.</param>
internal sealed class AddonTimeout(string what, int seconds)
{
    private const int Longest = 86_400;

    /// <summary>The option.</summary>
    public Option<int> Option { get; } = new("--timeout")
    {
        Description = what,
        HelpName = "SECONDS",
        DefaultValueFactory = _ => seconds,
    };

    /// <summary>The time that was given.</summary>
    /// <exception cref="CliException">It is none, or more than a day (exit code 2).</exception>
    public TimeSpan Read(CommandContext context) => context.Arguments.GetValue(Option) is >= 1 and <= Longest and var given
        ? TimeSpan.FromSeconds(given)
        : throw CliException.Usage(
            string.Create(CultureInfo.InvariantCulture, $"--timeout is a number of seconds from 1 to {Longest}"));
}
