using System.Globalization;

namespace Casemate.Cli.Output;

/// <summary>Reads the number of seconds that an option takes.</summary>
internal static class Seconds
{
    /// <summary>Reads it.</summary>
    /// <param name="option">The option, such as <c>--timeout</c>.</param>
    /// <param name="text">What was typed: a number, with or without <c>s</c> behind it.</param>
    /// <param name="least">The least that makes sense.</param>
    /// <param name="most">The most.</param>
    /// <exception cref="CliException">It is no such number (exit code 2).</exception>
    public static TimeSpan Parse(string option, string text, int least, int most)
    {
        var digits = text.EndsWith('s') ? text.AsSpan()[..^1] : text;
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds >= least && seconds <= most
            ? TimeSpan.FromSeconds(seconds)
            : throw CliException.Usage($"{option}: '{ErrorText.OneLine(text)}' is not a number of seconds from {least} to {most}");
    }
}
