// What stock mdBook leaves out for those who use a keyboard or a screen reader.
'use strict';
(function () {
  // mdBook turns the page on ← and →, also while a listing is being scrolled or read out. Whoever
  // listens in the capture phase hears the key first.
  document.addEventListener('keydown', function (event) {
    var plain = !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (plain && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
      event.stopImmediatePropagation();
    }
  }, true);

  // The first thing that Tab reaches leads past the menus.
  function skipLink(main) {
    if (!main.id) main.id = 'text';
    main.tabIndex = -1;
    var link = document.createElement('a');
    link.className = 'skip-link';
    link.href = '#' + main.id;
    link.textContent = 'Skip to the text';
    link.addEventListener('click', function (event) {
      event.preventDefault();
      main.focus();
      main.scrollIntoView();
    });
    document.body.insertBefore(link, document.body.firstChild);
  }

  // What scrolls sideways can be focused, and says what it is.
  function focusable(element, name) {
    element.tabIndex = 0;
    element.setAttribute('role', 'region');
    element.setAttribute('aria-label', name);
  }

  function caption(pre) {
    var before = pre.parentElement.previousElementSibling || pre.previousElementSibling;
    var link = before && before.tagName === 'P' && before.querySelector('a > em');
    return link ? link.textContent : '';
  }

  function regions() {
    document.querySelectorAll('main pre').forEach(function (pre, index) {
      focusable(pre, (caption(pre) || 'Listing') + ', ' + (index + 1));
    });
    document.querySelectorAll('main .table-wrapper').forEach(function (table, index) {
      focusable(table, 'Table ' + (index + 1));
    });
    document.querySelectorAll('main figure.drawn .scroll').forEach(function (figure, index) {
      focusable(figure, 'Figure ' + (index + 1));
    });
  }

  var main = document.querySelector('main');
  if (main) {
    skipLink(main);
    regions();
  }
})();
