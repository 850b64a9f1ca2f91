using System.Text;

namespace Casemate.Rego.Builtins;

/// <summary>
/// <c>strings.render_template</c> with plain fields, <c>{{.a.b}}</c>, of which one that is absent reads <c>&lt;undefined&gt;</c>; other actions of
/// Go's templates are refused.
/// </summary>
internal static class TemplateText
{
    public static RegoValue? Render(BuiltinContext context, RegoValue template, RegoValue values)
    {
        var (text, rendered, at) = (((RegoString)template).Value, new StringBuilder(), 0);
        while (text.IndexOf("{{", at, StringComparison.Ordinal) is var open && open >= 0)
        {
            var close = text.IndexOf("}}", open, StringComparison.Ordinal);
            var field = close < 0 ? "" : text[(open + 2)..close].Trim();
            if (field.Length < 2 || field[0] != '.')
            {
                return context.Error("strings.render_template: only fields such as {{.name}} can be rendered");
            }

            RegoValue? value = values;
            foreach (var name in field[1..].Split('.'))
            {
                value = value?.Lookup(RegoString.Create(name));
            }

            rendered.Append(text, at, open - at).Append(value switch
            {
                null => "<undefined>",
                RegoString s => s.Value,
                _ => GoFormat.Plain(value),
            });
            context.CheckLength(rendered.Length);
            at = close + 2;
        }

        return context.Text(rendered.Append(text, at, text.Length - at).ToString());
    }
}
