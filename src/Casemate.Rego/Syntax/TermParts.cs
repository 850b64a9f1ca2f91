namespace Casemate.Rego.Syntax;

/// <summary>The terms that stand directly in a term, whatever kind it is.</summary>
internal static class TermParts
{
    /// <summary>
    /// Hands each part to an action, in the order of the source. A comprehension has none: what is in it belongs to a scope of its own,
    /// which who walks a tree has to treat as one.
    /// </summary>
    /// <typeparam name="T">Type of what the action works on; handed through, so that the action captures nothing.</typeparam>
    public static void ForEach<T>(Term term, T state, Action<Term, T> action)
    {
        switch (term)
        {
            case ReferenceTerm reference:
                action(reference.Head, state);
                ForEach(reference.Path, state, action);
                break;
            case ArrayTerm array:
                ForEach(array.Items, state, action);
                break;
            case SetTerm set:
                ForEach(set.Items, state, action);
                break;
            case ObjectTerm members:
                foreach (var (key, value) in members.Members)
                {
                    action(key, state);
                    action(value, state);
                }

                break;
            case CallTerm call:
                ForEach(call.Arguments, state, action);
                break;
            case TemplateTerm template:
                ForEach(template.Parts, state, action);
                break;
        }
    }

    private static void ForEach<T>(Term[] terms, T state, Action<Term, T> action)
    {
        foreach (var term in terms)
        {
            action(term, state);
        }
    }
}
