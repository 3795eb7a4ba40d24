using System.Text;

namespace Turnpike.Ctl.Tests.Kit;

/// <summary>Keeps what is written, and tells when some text has come.</summary>
internal sealed class LineWriter : TextWriter
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private readonly List<(string Text, TaskCompletionSource Seen)> _awaited = [];

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        lock (_gate)
        {
            _text.Append(buffer);
            string text = _text.ToString();
            foreach ((string awaited, TaskCompletionSource seen) in _awaited)
            {
                if (text.Contains(awaited, StringComparison.Ordinal))
                {
                    seen.TrySetResult();
                }
            }
        }
    }

    /// <summary>Waits until the text has been written.</summary>
    public Task SeenAsync(string text)
    {
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _awaited.Add((text, seen));
        }
        Write("");
        return seen.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    public override string ToString()
    {
        lock (_gate)
        {
            return _text.ToString();
        }
    }
}
