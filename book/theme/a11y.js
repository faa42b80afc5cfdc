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
    // mdBook scrolls its table of contents, and the browser begins there.
    var untouched = !location.hash;
    document.addEventListener('mousedown', function () { untouched = false; }, true);
    document.addEventListener('keydown', function (event) {
      if (event.key !== 'Tab') return;
      if (untouched && !event.shiftKey && document.activeElement === document.body) {
        event.preventDefault();
        link.focus();
      }
      untouched = false;
    }, true);
  }

  // What scrolls sideways can be focused, and says what it is.
  function focusable(element, name) {
    element.tabIndex = 0;
    element.setAttribute('role', 'region');
    element.setAttribute('aria-label', name);
  }

  function caption(pre) {
    var before = pre.previousElementSibling;
    var link = before && before.tagName === 'P' && before.querySelector('a > em');
    return link ? link.textContent : 'Listing';
  }

  // Names must differ, so they are numbered.
  function regions() {
    document.querySelectorAll('main pre > code').forEach(function (code, index) {
      focusable(code, caption(code.parentElement) + ', ' + (index + 1));
    });
    document.querySelectorAll('main .table-wrapper').forEach(function (table, index) {
      focusable(table, 'Table ' + (index + 1));
    });
    document.querySelectorAll('figure.drawn [role=region]').forEach(function (part, index) {
      part.setAttribute('aria-label', part.getAttribute('aria-label') + ', ' + (index + 1));
    });
  }

  // The button of the table of contents is a label of a hidden box, which no key reaches.
  function sidebar(toggle) {
    toggle.setAttribute('role', 'button');
    toggle.setAttribute('aria-expanded', document.getElementById(toggle.htmlFor).checked);
    toggle.tabIndex = 0;
    toggle.addEventListener('keydown', function (event) {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        toggle.click();
      }
    });
  }

  // A box without a name, answers whose text is hidden by a name, a help that says not what it is.
  function named(id, role, name) {
    var element = document.getElementById(id);
    if (!element) return;
    if (role) element.setAttribute('role', role);
    if (name) element.setAttribute('aria-label', name);
  }

  function search(results) {
    named('mdbook-search-wrapper', 'search');
    named('mdbook-searchbar', null, 'Search this book');
    new MutationObserver(function () {
      results.querySelectorAll('.teaser[aria-label]').forEach(function (teaser) {
        teaser.removeAttribute('aria-label');
      });
    }).observe(results, { childList: true });
  }

  // What is closed on the screen is open on paper.
  var opened = [];
  addEventListener('beforeprint', function () {
    document.querySelectorAll('main details:not([open])').forEach(function (closed) {
      closed.open = true;
      opened.push(closed);
    });
  });
  addEventListener('afterprint', function () {
    opened.splice(0).forEach(function (closed) { closed.open = false; });
  });

  document.querySelectorAll('[aria-keyshortcuts]').forEach(function (link) {
    link.removeAttribute('aria-keyshortcuts');
  });
  var main = document.querySelector('main');
  var bar = document.getElementById('mdbook-menu-bar');
  var toggle = document.getElementById('mdbook-sidebar-toggle');
  if (bar) bar.setAttribute('role', 'banner');
  if (toggle) sidebar(toggle);
  named('mdbook-help-popup', 'dialog', 'Keyboard shortcuts');
  if (document.getElementById('mdbook-searchresults')) {
    search(document.getElementById('mdbook-searchresults'));
  }
  if (main) {
    skipLink(main);
    regions();
  }
})();
