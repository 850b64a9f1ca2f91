using System.Diagnostics.CodeAnalysis;
using Casemate.Rego.Formatting;
using Casemate.Rego.Syntax;

namespace Casemate.Rego;

/// <summary>Lays out modules in one style: spaces, indentation and blank lines, and nothing else.</summary>
/// <remarks>
/// Tokens, their order, comments and the breaks between lines stay as they are, so the result means what the module meant; laying out a
/// result again changes nothing. Indentation is one tab a level, as with <c>opa fmt</c>; long lines are left alone.
/// </remarks>
public static class RegoFormatter
{
    /// <summary>Lays out a module.</summary>
    /// <param name="source">The module.</param>
    /// <param name="text">The module in our style, with LF at the ends of lines; null where it cannot be read.</param>
    /// <param name="error">The first thing that is wrong in the module; null after success.</param>
    /// <param name="options">The dialect and the limits of a module; null for the defaults.</param>
    public static bool TryFormat(
        RegoSource source, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out RegoError? error, RegoCompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new RegoCompileOptions();
        text = null;
        error = RegoCompiler.Refusal(source, options);
        if (error is not null)
        {
            return false;
        }

        try
        {
            Parser.ReadModule(source.File, source.Text, options.Version);
            text = Layout.Of(source.Text, Lexer.Read(source.File, source.Text));
            return true;
        }
        catch (RegoSyntaxException e)
        {
            error = new RegoError(RegoErrorCode.ParseError, e.Message, e.Location);
            return false;
        }
    }
}
