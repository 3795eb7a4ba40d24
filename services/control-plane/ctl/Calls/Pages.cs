using Google.Protobuf.Collections;
using Turnpike.Ctl.Output;

namespace Turnpike.Ctl.Calls;

/// <summary>Reads lists to their end, or to a limit.</summary>
public static class Pages
{
    // What every list takes at most.
    private const int Largest = 1000;

    /// <summary>Adds the following pages to the first.</summary>
    /// <param name="limit">How many entries at most; 0: all.</param>
    /// <param name="call">Asks for a page: its token and its size.</param>
    /// <param name="entries">The entries of a page.</param>
    /// <param name="next">The token in a page.</param>
    /// <param name="printer">Is told when there are more.</param>
    /// <returns>The last page, with the entries of all in it.</returns>
    public static async Task<TPage> ReadAsync<TPage, TEntry>(
        int limit, Func<string, int, Task<TPage>> call, Func<TPage, RepeatedField<TEntry>> entries, Func<TPage, string> next, Printer printer)
    {
        List<TEntry> all = [];
        TPage page;
        string token = "";
        do
        {
            page = await call(token, limit == 0 ? Largest : Math.Min(Largest, limit - all.Count));
            all.AddRange(entries(page));
            token = next(page);
        }
        while (token.Length > 0 && (limit == 0 || all.Count < limit));
        entries(page).Clear();
        entries(page).AddRange(all);
        if (token.Length > 0)
        {
            printer.Note($"there are more than these {all.Count}; --limit 0 shows all");
        }
        return page;
    }
}
